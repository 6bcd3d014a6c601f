import { createServer } from 'node:http'
import { closeHttp, listen, readBytes } from '@karcis/kit/http'

/** What payment providers are given as our address while the router's is not known yet. */
export interface Relay extends AsyncDisposable {
  url: string
  /** From now on, what they tell goes on to the same path there, as it came. */
  handOnTo(url: string): void
}

export async function startRelay(): Promise<Relay> {
  let target = 'http://127.0.0.1:9' // nobody there
  const server = createServer((request, response) => {
    const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers
    void readBytes(request, 1_000_000)
      .then((body) =>
        fetch(target + request.url, {
          method: 'POST',
          headers: headers as Record<string, string>,
          body: new Uint8Array(body),
        }),
      )
      .then(({ status }) => status)
      .catch(() => 503)
      .then((status) => response.writeHead(status).end())
  })
  const port = await listen(server, 0, '127.0.0.1')
  return {
    url: `http://127.0.0.1:${port}`,
    handOnTo(url) {
      target = url
    },
    [Symbol.asyncDispose]: () => closeHttp(server, 0),
  }
}
