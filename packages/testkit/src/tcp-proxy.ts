import type { Socket } from 'node:net'
import { connect, createServer } from 'node:net'

/** Stands between a client and a server, and can play an outage. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** The given URL as seen through the proxy. */
  through(url: string): string
  /** Drops every connection; new ones are still taken. */
  cut(): void
  /** Drops every connection and refuses new ones, until `restore`. */
  refuse(): Promise<void>
  /** Takes connections again, on the same port. */
  restore(): Promise<void>
  /** Keeps connections open and lets nothing pass, until called with false. */
  stall(stalled: boolean): void
}

/** Listens on a free loopback port and forwards to the host and port of `target` (a URL of any scheme). */
export async function createTcpProxy(target: string): Promise<TcpProxy> {
  const { hostname, port: targetPort } = new URL(target)
  const sockets = new Set<Socket>()
  let stalled = false

  const hold = (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    if (stalled) socket.pause()
  }
  const server = createServer((client) => {
    const upstream = connect({ host: hostname, port: Number(targetPort) })
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('data', (chunk) => to.write(chunk))
      from.once('end', () => to.end())
      from.once('error', () => to.destroy())
      from.once('close', () => to.destroy())
      hold(from)
    }
  })
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  const refuse = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      cut()
    })
  await listen(0)
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    port,
    through: (url) => Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(port) }).href,
    cut,
    refuse,
    restore: () => listen(port),
    stall(value) {
      stalled = value
      for (const socket of sockets) {
        if (value) socket.pause()
        else socket.resume()
      }
    },
    [Symbol.asyncDispose]: () => (server.listening ? refuse() : Promise.resolve()),
  }
}
