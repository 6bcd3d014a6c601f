import { createServer, type IncomingHttpHeaders } from 'node:http'
import { closeHttp, listen, readBytes } from '@karcis/kit/http'
import { SERVICE_TOKEN_HEADER, type Viewer } from '@karcis/kit/service-token'
import { WEBHOOK_HEADERS } from '@karcis/kit/contracts/webhooks'
import type { Fault } from '@karcis/stand-ins/common/faults'
import { eventually } from '@karcis/testkit/eventually'
import { tokenOf } from '@karcis/testkit/people'
import { expect } from 'vitest'
import type { BookingSettings } from '../src/env.ts'
import type { BookingProcess } from './booking-process.ts'
import { audit, pendingBooking } from './money.ts'
import { heldBy, type ProviderKit } from './provider-kits.ts'

const PAYMENT = 'status payment { id method status amount redirectUrl clientSecret expiresAt paidAt }'
export const START = `mutation ($id: ID!, $method: PaymentMethod!, $key: String) {
  confirmPayment(id: $id, input: { method: $method, idempotencyKey: $key }) { ${PAYMENT} } }`
export const LOOK = `query ($id: ID!) { booking(id: $id) { ${PAYMENT} } }`

export const PRICE = 150_000

/** A booking subgraph whose payments a provider's stand-in takes, and what goes between the two. */
export interface ProviderShop<Booking extends BookingProcess> extends AsyncDisposable {
  kit: ProviderKit
  booking: Booking
  standIn: Awaited<ReturnType<ProviderKit['start']>>
  /** Lets things go wrong at the provider; of asking how a payment stands, where `on` says `status`. */
  arm(...faults: Fault[]): void
  pay(order: string): void
  wait(order: string): void
  /** What the webhook answered, in order. */
  answers: number[]
  /** Sends something to the webhook, as the router passes it on; gives the status of the answer. */
  notify(body: string | Buffer, headers?: IncomingHttpHeaders): Promise<number>
  /** What the provider's API answers is changed on its way by this; by nothing, unless given. */
  rewrite(change: ((text: string) => string) | null): void
}

/** @param start starts the booking subgraph with these settings. */
export async function startShop<Booking extends BookingProcess>(
  kit: ProviderKit,
  start: (settings: Partial<BookingSettings>) => Promise<Booking>,
): Promise<ProviderShop<Booking>> {
  await using stack = new AsyncDisposableStack()
  const answers: number[] = []
  let target = ''
  let change: ((text: string) => string) | null = null

  async function notify(body: string | Buffer, headers: IncomingHttpHeaders = {}): Promise<number> {
    const passedOn = WEBHOOK_HEADERS.flatMap((name) => {
      const value = headers[name]
      return typeof value === 'string' ? [[name, value] as const] : []
    })
    const response = await fetch(`${target}/webhooks/${kit.method.toLowerCase()}`, {
      method: 'POST',
      headers: { ...Object.fromEntries(passedOn), [SERVICE_TOKEN_HEADER]: await tokenOf(null, 'booking') },
      body: new Uint8Array(Buffer.from(body)),
    })
    answers.push(response.status)
    return response.status
  }
  const router = createServer((request, response) => {
    void readBytes(request, 1_000_000)
      .then((body) => notify(body, request.headers))
      .catch(() => 503)
      .then((status) => response.writeHead(status).end())
  })
  const routerPort = await listen(router, 0, '127.0.0.1')
  stack.defer(() => closeHttp(router, 0))
  const standIn = stack.use(
    await kit.start({
      notificationUrl: `http://127.0.0.1:${routerPort}`,
      seed: 7,
      now: () => new Date(),
    }),
  )
  const line = createServer((request, response) => {
    const {
      host: _,
      connection: __,
      'content-length': ___,
      'transfer-encoding': ____,
      ...headers
    } = request.headers
    void readBytes(request, 1_000_000)
      .then((body) =>
        fetch(`${standIn.url}${request.url}`, {
          method: request.method ?? 'GET',
          headers: headers as Record<string, string>,
          ...(body.length > 0 && { body: new Uint8Array(body) }),
        }),
      )
      .then(async (answer) => {
        const text = await answer.text()
        const type = answer.headers.get('content-type') ?? 'text/plain'
        response.writeHead(answer.status, { 'content-type': type }).end(change ? change(text) : text)
      })
      .catch(() => response.destroy())
  })
  const linePort = await listen(line, 0, '127.0.0.1')
  stack.defer(() => closeHttp(line, 0))
  const booking = stack.use(await start(kit.settings(standIn.url, `http://127.0.0.1:${linePort}`)))
  target = booking.subgraph.url
  const all = stack.move()
  return {
    kit,
    booking,
    standIn,
    arm: (...faults) =>
      standIn.arm(
        ...faults.map((fault) => (fault.on === 'status' ? { ...fault, on: kit.statusOperation } : fault)),
      ),
    pay: (order) => kit.pay(standIn, order),
    wait: (order) => kit.wait(standIn, order),
    answers,
    notify,
    rewrite(next) {
      change = next
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** A booking whose payment at the provider was started; the payment's id is the provider's order. */
export async function started(
  { booking, kit }: ProviderShop<BookingProcess>,
  organizerId?: string,
): Promise<{ buyer: Viewer; id: string; order: string }> {
  const buyer = await booking.buyer()
  const { id } = await pendingBooking(booking.db, buyer.id, PRICE, organizerId ? { organizerId } : {})
  const { data, errors } = await booking.ask(buyer, START, { id, method: kit.method })
  expect(errors).toEqual([])
  return { buyer, id, order: data.confirmPayment.payment.id }
}

/** Waits until booking has asked about whatever it was told of a payment so far: from then on nobody asks but the test. */
export async function isLookedAt(
  { booking, standIn }: ProviderShop<BookingProcess>,
  order: string,
): Promise<void> {
  await standIn.quiet()
  await eventually(async () =>
    expect(
      await booking.db
        .$queryRaw`SELECT id FROM graphile_worker.jobs WHERE key = ${`settle-payment:${order}`}`,
    ).toEqual([]),
  )
}

/** Begins a payment and pays it, and nobody is told: whether the money is seen is up to the test. */
export async function paidUnheard(shop: ProviderShop<BookingProcess>): ReturnType<typeof started> {
  const begun = await started(shop)
  await isLookedAt(shop, begun.order)
  shop.arm({ kind: 'lose', times: 9 })
  shop.pay(begun.order)
  await shop.standIn.quiet()
  return begun
}

/** What a provider knows the payment on a page by: there may be others of the same order, which nobody was given. */
export const orderOn = (page: string): string => page.split('/').at(-1)?.split('_secret')[0] ?? ''

/** Waits until the booking, and its payment, are so. */
export const becomes = (
  booking: BookingProcess,
  viewer: Viewer,
  id: string,
  status: string,
  payment: string,
) =>
  eventually(async () =>
    expect((await booking.ask(viewer, LOOK, { id })).data.booking).toMatchObject({
      status,
      payment: { status: payment },
    }),
  )

/** What is wrong with our books, and where they differ from what the provider says that it has for us. */
export async function bookProblems({
  booking,
  standIn,
  kit,
}: ProviderShop<BookingProcess>): Promise<string[]> {
  const [ours] = await booking.db.$queryRaw<{ sum: bigint }[]>`
    SELECT coalesce(-sum(e.amount), 0)::bigint AS sum FROM ledger_entries e
    JOIN ledger_accounts a ON a.id = e.account_id WHERE a.kind = ${`CLEARING:${kit.method}`}`
  const theirs = heldBy(standIn)
  const problems = await audit(booking.db)
  return Number(ours?.sum) === theirs
    ? problems
    : [...problems, `we say ${ours?.sum}, ${kit.method} ${theirs}`]
}

export const refundsOf = (booking: BookingProcess) => booking.db.refund.findMany()

/** Makes the booking's time end, so long ago that no provider is waited for any more. */
export const runOut = (booking: BookingProcess, id: string, minutes = 0) =>
  booking.db
    .$executeRaw`UPDATE bookings SET expires_at = clock_timestamp() - make_interval(mins => ${minutes}::int)
    WHERE id = ${id}::uuid`
