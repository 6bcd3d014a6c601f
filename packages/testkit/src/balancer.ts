import { connect, createServer, type AddressInfo } from 'node:net'

const LOOK_MS = 100

/** Gives connections in turn to those of several processes that say by `/ready` that they may be given any. */
export interface Balancer extends AsyncDisposable {
  readonly url: string
  /** Base URLs of the processes; may be changed at any time. */
  readonly targets: Set<string>
}

/** As operators have them, only small: it knows connections and not requests, and looks every 100 ms. */
export async function startBalancer(...urls: string[]): Promise<Balancer> {
  const targets = new Set(urls)
  const ready = new Set<string>()
  let turn = 0

  async function look(): Promise<void> {
    await Promise.all(
      [...targets].map(async (url) => {
        const answer = await fetch(`${url}/ready`, {
          headers: { connection: 'close' },
          signal: AbortSignal.timeout(2_000),
        }).catch(() => null)
        if (answer?.ok) ready.add(url)
        else ready.delete(url)
      }),
    )
    for (const url of ready) if (!targets.has(url)) ready.delete(url)
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const choice = [...ready]
    const target = choice[turn++ % choice.length]
    if (!target) return client.destroy()
    const { hostname, port } = new URL(target)
    const upstream = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    client.pipe(upstream)
    upstream.pipe(client)
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroySoon())
    }
  })
  await look()
  const timer = setInterval(() => void look(), LOOK_MS)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    targets,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      server.close()
    },
  }
}
