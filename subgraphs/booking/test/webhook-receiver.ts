import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { closeHttp, listen } from '@karcis/kit/http'
import { eventually } from '@karcis/testkit/eventually'
import type { Loose } from '@karcis/testkit/gql'

/** Something that an organizer's server was sent. */
export interface Received {
  headers: IncomingHttpHeaders
  body: string
  id: string
  type: string
  data: Loose
}

type Behave = (received: Received, response: ServerResponse, request: IncomingMessage) => void

/** An organizer's server. It takes all that it is sent, unless told to behave otherwise. */
export interface Receiver extends AsyncDisposable {
  url: string
  port: number
  received: Received[]
  behave(next: Behave): void
  /** Waits until so many things were sent. */
  until(count: number): Promise<Received[]>
}

export const take: Behave = (_, response) => response.writeHead(204).end()

/** @param host which of the machine's addresses it listens at. */
export async function startReceiver(host = '127.0.0.1', port = 0): Promise<Receiver> {
  const received: Received[] = []
  let behaviour = take
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { type, data } = JSON.parse(body)
      const one = { headers: request.headers, body, id: String(request.headers['webhook-id']), type, data }
      received.push(one)
      behaviour(one, response, request)
    })
  })
  const at = await listen(server, port, host)
  return {
    url: `http://${host}:${at}/hook`,
    port: at,
    received,
    behave(next) {
      behaviour = next
    },
    until: (count) =>
      eventually(() => {
        if (received.length < count) throw new Error(`${received.length} of ${count} were received`)
        return received
      }),
    [Symbol.asyncDispose]: () => closeHttp(server, 0),
  }
}
