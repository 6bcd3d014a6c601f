import { createServer, type IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import { closeHttp, listen } from '@karcis/kit/http'

interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** The merchant's side: takes notifications in, and keeps them as they came. */
export interface Merchant extends AsyncDisposable {
  readonly url: string
  readonly received: Received[]
  /** The status of the next answers, one each; 200 after them. */
  answerWith(...statuses: number[]): void
}

export async function startMerchant(): Promise<Merchant> {
  const received: Received[] = []
  const statuses: number[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({ headers: request.headers, body })
      const status = statuses.shift() ?? 200
      response.writeHead(status, status === 307 ? { location: request.url ?? '/' } : {}).end()
    })
  })
  const port = await listen(server, 0, '127.0.0.1')
  return {
    url: `http://127.0.0.1:${port}/webhooks`,
    received,
    answerWith: (...next) => void statuses.push(...next),
    [Symbol.asyncDispose]: () => closeHttp(server, 0),
  }
}

/** HTTP Basic as the providers take it: the key as the user's name, no password. */
export const basic = (key: string): string => `Basic ${Buffer.from(`${key}:`).toString('base64')}`
