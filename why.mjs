import { readFileSync } from 'node:fs'
import { parse } from 'graphql'
const { Bill } = await import('/tmp/hE/dist/execute/bill.js')
let loads = {}, adds = []
const al = Bill.prototype.addLoads, ad = Bill.prototype.add
Bill.prototype.addLoads = function (t, n) { loads[t] = (loads[t]??0)+n; return al.call(this,t,n) }
Bill.prototype.add = function (e, t=1) { adds.push([e.requests, t]); return ad.call(this,e,t) }
const { estimate } = await import('/tmp/hE/dist/execute/estimate.js')
const { createSchema } = await import('/tmp/hE/dist/schema/index.js')
const schema = createSchema()
const s = JSON.parse(readFileSync(`/tmp/w/${process.argv[2]??'demo-superuser'}.json`))
const dom = {}
const show=[]
for (const c of s) {
  loads = {}; adds = []
  const e = estimate({ schema, document: parse(c.operation.query), variables: c.operation.variables })
  const ratio = e.requests/c.paid.requests
  if (ratio<=2) continue
  const lists = adds.filter(([r,t])=>t===1||true).reduce((a,[r,t])=>a+r*t,0) - Object.values(loads).reduce((a,b)=>a+b,0)
  const parts = {...loads, lists}
  const top = Object.entries(parts).sort((a,b)=>b[1]-a[1])[0][0]
  dom[top]=(dom[top]??0)+1
  show.push([c.seed, +ratio.toFixed(1), c.paid.requests, JSON.stringify(parts), c.operation.query.length])
}
console.log(dom)
show.sort((a,b)=>a[1]-b[1])
for (let i=0;i<show.length;i+=Math.ceil(show.length/40)) console.log(show[i].join(' '))
