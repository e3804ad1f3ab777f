import { readFileSync } from 'node:fs'
import { parse } from 'graphql'
const { estimate } = await import('/tmp/hE/dist/execute/estimate.js')
const { createSchema } = await import('/tmp/hE/dist/schema/index.js')
const schema = createSchema()
for (const who of ['demo-superuser','mix']) {
  const s = JSON.parse(readFileSync(`/tmp/w/${who}.json`)).filter(c=>c.caller!=='demo-expired')
  const out = {requests:[],rows:[]}; let below=0, lows=[]
  for (const c of s) {
    const e = estimate({ schema, document: parse(c.operation.query), variables: c.operation.variables })
    for (const k of ['requests','rows']) out[k].push((e?.[k]??0)/c.paid[k])
    if ((e?.requests??0)<c.paid.requests||(e?.rows??0)<c.paid.rows) { below++; lows.push([c.seed,e,c.paid]) }
  }
  for (const k of ['requests','rows']) { const a=out[k].sort((x,y)=>x-y); console.log(who,k,a.length,'median',a[a.length>>1],'p75',a[a.length*.75|0],'<=2:',(a.filter(x=>x<=2).length/a.length).toFixed(2)) }
  console.log('below',below,JSON.stringify(lows.slice(0,6)))
}
