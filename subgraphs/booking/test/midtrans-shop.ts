import { createServer } from 'node:http'
import { closeHttp, listen, readBytes } from '@karcis/kit/http'
import { SERVICE_TOKEN_HEADER } from '@karcis/kit/service-token'
import { type MidtransStandIn, startMidtrans } from '@karcis/stand-ins/midtrans'
import { tokenOf } from '@karcis/testkit/people'
import type { BookingSettings } from '../src/env.ts'
import type { BookingProcess } from './booking-process.ts'

const SERVER_KEY = 'SB-Mid-server-test'

/** A booking subgraph whose payments Midtrans' stand-in takes, and what goes between the two. */
export interface MidtransShop<Booking extends BookingProcess> extends AsyncDisposable {
  booking: Booking
  midtrans: MidtransStandIn
  /** What the webhook answered, in order. */
  answers: number[]
  /** Sends something to the webhook, as the router passes it on; gives the status of the answer. */
  notify(body: string | Buffer): Promise<number>
  /** What Midtrans answers is changed on its way by this; by nothing, unless given. */
  rewrite(change: ((text: string) => string) | null): void
  /** How far Midtrans' clock is ahead, in milliseconds. */
  skip(ms: number): void
}

/** @param start starts the booking subgraph with these settings. */
export async function startShop<Booking extends BookingProcess>(
  start: (settings: Partial<BookingSettings>) => Promise<Booking>,
): Promise<MidtransShop<Booking>> {
  await using stack = new AsyncDisposableStack()
  const answers: number[] = []
  let target = ''
  let skipped = 0
  let change: ((text: string) => string) | null = null

  async function notify(body: string | Buffer): Promise<number> {
    const response = await fetch(`${target}/webhooks/midtrans`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [SERVICE_TOKEN_HEADER]: await tokenOf(null, 'booking') },
      body: new Uint8Array(Buffer.from(body)),
    })
    answers.push(response.status)
    return response.status
  }
  const router = createServer((request, response) => {
    void readBytes(request, 1_000_000)
      .then(notify)
      .catch(() => 503)
      .then((status) => response.writeHead(status).end())
  })
  const routerPort = await listen(router, 0, '127.0.0.1')
  stack.defer(() => closeHttp(router, 0))
  const midtrans = stack.use(
    await startMidtrans({
      serverKey: SERVER_KEY,
      notificationUrl: `http://127.0.0.1:${routerPort}`,
      seed: 7,
      now: () => new Date(Date.now() + skipped),
    }),
  )
  const line = createServer((request, response) => {
    void readBytes(request, 1_000_000)
      .then((body) =>
        fetch(`${midtrans.url}${request.url}`, {
          method: request.method ?? 'GET',
          headers: { authorization: request.headers.authorization ?? '', 'content-type': 'application/json' },
          ...(body.length > 0 && { body: new Uint8Array(body) }),
        }),
      )
      .then(async (answer) => {
        const text = await answer.text()
        response.writeHead(answer.status).end(change ? change(text) : text)
      })
      .catch(() => response.destroy())
  })
  const linePort = await listen(line, 0, '127.0.0.1')
  stack.defer(() => closeHttp(line, 0))
  const booking = stack.use(
    await start({
      MIDTRANS_SERVER_KEY: SERVER_KEY,
      MIDTRANS_SNAP_URL: midtrans.url,
      MIDTRANS_API_URL: `http://127.0.0.1:${linePort}`,
    }),
  )
  target = booking.subgraph.url
  const all = stack.move()
  return {
    booking,
    midtrans,
    answers,
    notify,
    rewrite(next) {
      change = next
    },
    skip(ms) {
      skipped += ms
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}
