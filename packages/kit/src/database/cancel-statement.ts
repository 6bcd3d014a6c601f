import type { EventEmitter } from 'node:events'
import pg from 'pg'

/** A server that does not take a cancellation by then will not take it. */
const TIMEOUT_MS = 1_000

/** What node-postgres has and its types do not: of a session by which it is cancelled, and of a connection before there is a session. */
interface Session {
  processID: number
  secretKey: number
  host: string
  port: number
  ssl: unknown
}
interface Connection extends EventEmitter {
  connect(portOrPath: number | string, host?: string): void
  cancel(processId: number, secretKey: number): void
  stream: { destroy(): void }
}

/**
 * Has Postgres break off what a session runs at this moment (SQLSTATE 57014), if anything, by a connection of its own
 * (https://www.postgresql.org/docs/current/protocol-flow.html, "Canceling Requests in Progress").
 * @returns when that has been done, or could not be; it never rejects. What the session is sent after that is not harmed.
 */
export function cancelStatement(client: pg.Client, config: pg.ClientConfig): Promise<void> {
  const { processID, secretKey, host, port, ssl } = client as unknown as Session
  const { connection } = new pg.Client(config) as unknown as { connection: Connection }
  return new Promise((resolve) => {
    const giveUp = setTimeout(() => connection.stream.destroy(), TIMEOUT_MS)
    connection.once(ssl ? 'sslconnect' : 'connect', () => connection.cancel(processID, secretKey))
    connection.on('error', () => connection.stream.destroy())
    connection.once('end', () => {
      clearTimeout(giveUp)
      resolve()
    })
    if (host.startsWith('/')) connection.connect(`${host}/.s.PGSQL.${port}`)
    else connection.connect(port, host)
  })
}
