import { readFileSync } from 'node:fs'
import { parse } from 'graphql'
const { estimate } = await import('/tmp/hE/dist/execute/estimate.js')
const { createSchema } = await import('/tmp/hE/dist/schema/index.js')
const schema = createSchema()
const s = JSON.parse(readFileSync(`/tmp/w/${process.argv[2]}.json`))
const a = s.map(c=>({c,e:estimate({ schema, document: parse(c.operation.query), variables: c.operation.variables })})).map(x=>({...x,r:x.e.requests/x.c.paid.requests})).filter(x=>x.r>2&&x.r<=4.5).sort((x,y)=>x.c.n-y.c.n)
for (const {c,e,r} of a.slice(0,+process.argv[3]||14)) console.log('#',c.seed,c.caller,r.toFixed(1),e,c.paid,'\n',c.operation.query.replace(/\n/g,' ').slice(0,600),JSON.stringify(c.operation.variables).slice(0,300))
console.log(a.length)
