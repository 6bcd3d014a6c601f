import type { Socket } from 'node:net'
import { connect, createServer } from 'node:net'

/** Stands between a client and a server, and can play an outage. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** The given URL as seen through the proxy. */
  through(url: string): string
  /** Drops every connection, or those to one target; new ones are still taken. */
  cut(target?: string): void
  /** Drops every connection and refuses new ones, until `restore`. */
  refuse(): Promise<void>
  /** Takes connections again, on the same port. */
  restore(): Promise<void>
  /** Keeps connections open and lets nothing pass, until called with false. */
  stall(stalled: boolean): void
}

/** Says for each connection where it goes. */
export interface Route {
  /** The URL to try next; undefined when there is none: then the connection is dropped. */
  next(): string | undefined
  /** Told that nobody takes connections there. */
  refused(target: string): void
}

const MAX_TARGETS = 3 // that are tried for one connection

/**
 * Listens on a free loopback port and forwards to the host and port of a URL of any scheme.
 * @param to the URL, or what chooses one for each connection.
 * @param sending told of whatever a client sends, before that is passed on.
 */
export async function createTcpProxy(
  to: string | Route,
  sending: () => void = () => undefined,
): Promise<TcpProxy> {
  const route: Route = typeof to === 'string' ? { next: () => to, refused: () => undefined } : to
  const targets = new Map<Socket, string>()
  let stalled = false

  const hold = (socket: Socket, target: string) => {
    targets.set(socket, target)
    socket.once('close', () => targets.delete(socket))
    if (stalled) socket.pause()
    else socket.resume()
  }
  function open(client: Socket, tries: number): void {
    const target = tries > 0 && !client.destroyed ? route.next() : undefined
    if (target === undefined) return void client.destroy()
    const { hostname, port } = new URL(target)
    const upstream = connect({ host: hostname, port: Number(port) })
    const refused = () => {
      route.refused(target)
      open(client, typeof to === 'string' ? 0 : tries - 1)
    }
    upstream.once('error', refused)
    upstream.once('connect', () => {
      upstream.off('error', refused)
      join(client, upstream, target)
    })
  }
  function join(client: Socket, upstream: Socket, target: string): void {
    if (client.destroyed) return void upstream.destroy()
    client.on('data', sending)
    for (const [from, into] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('data', (chunk) => into.write(chunk))
      from.once('end', () => into.end())
      from.once('error', () => into.destroy())
      from.once('close', () => into.destroySoon()) // what has been written still goes out
      hold(from, target)
    }
  }
  const server = createServer((client) => {
    client.pause() // until there is somebody to hear it
    client.on('error', () => client.destroy())
    open(client, MAX_TARGETS)
  })
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
  const cut = (target?: string) => {
    for (const [socket, its] of targets) if (target === undefined || its === target) socket.destroy()
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
      for (const socket of targets.keys()) {
        if (value) socket.pause()
        else socket.resume()
      }
    },
    [Symbol.asyncDispose]: () => (server.listening ? refuse() : Promise.resolve()),
  }
}
