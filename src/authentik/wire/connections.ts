import type { Socket } from 'node:net'
import { buildConnector, Client } from 'undici'
import { limits } from '../../limits.ts'

/** A connection that carries one request at a time, and is opened anew when it is needed again. */
export interface Connection {
  readonly client: Client
  isOpen: boolean
  /** Answers that have come since it was opened. */
  answers: number
  /** The newest one of the client, from the moment when it begins to open. */
  socket: Socket | undefined
}

/** The connections to authentik, as many as were ever needed at once. Idle ones are closed before authentik closes them. */
export class Connections {
  readonly #origin: string
  readonly #connectTimeout: number
  /** The one that was used last stands last: it is used next. */
  readonly #idle: Connection[] = []
  readonly #all = new Set<Connection>()

  /** `connectTimeout`: milliseconds for a connection to open. There is no other deadline here. */
  constructor(origin: string, connectTimeout: number) {
    this.#origin = origin
    this.#connectTimeout = connectTimeout
  }

  /** A connection that carries nothing; `fresh`: one that is not open yet. Must be given back. */
  take(fresh: boolean): Connection {
    const index = fresh ? this.#idle.findIndex(({ isOpen }) => !isOpen) : this.#idle.length - 1
    const [connection = this.#open()] = index < 0 ? [] : this.#idle.splice(index, 1)
    return connection
  }

  give(connection: Connection): void {
    if (this.#all.has(connection)) this.#idle.push(connection)
  }

  /** Ends one that is still opening, which nobody waits for any more: its place is another one's from now on. */
  drop(connection: Connection, reason: Error): void {
    this.#all.delete(connection)
    void connection.client.destroy(reason)
    // The client itself would wait until it is open.
    connection.socket?.destroy(reason)
  }

  /** Closes all as soon as what is on its way has ended. */
  async close(): Promise<void> {
    await Promise.all([...this.#all].map(({ client }) => client.close()))
  }

  #open(): Connection {
    const idle = limits.idleMilliseconds
    const connect = buildConnector({ timeout: this.#connectTimeout })
    const client = new Client(this.#origin, {
      connect: (options, callback) => {
        // It returns the socket, though its type does not say so.
        connection.socket = connect(options, callback) as unknown as Socket
      },
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: idle,
      keepAliveMaxTimeout: idle,
    })
    const connection: Connection = { client, isOpen: false, answers: 0, socket: undefined }
    client.on('connect', () => Object.assign(connection, { isOpen: true, answers: 0 }))
    client.on('disconnect', () => {
      connection.isOpen = false
    })
    this.#all.add(connection)
    return connection
  }
}
