import { Socket } from 'node:net'

// Loaded into the Hive Gateway: tells every address that it connects to.

const { connect } = Socket.prototype

Socket.prototype.connect = function (...args) {
  const [{ host, path }] = args.flat()
  process.stderr.write(`connects to ${host ?? path ?? 'localhost'}\n`)
  return connect.apply(this, args)
}
