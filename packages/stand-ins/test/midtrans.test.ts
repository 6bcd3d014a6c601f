import { createHash } from 'node:crypto'
import { eventually } from '@karcis/testkit/eventually'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type MidtransStandIn, startMidtrans } from '../src/midtrans.ts'
import { basic, type Merchant, startMerchant } from './merchant.ts'

const SERVER_KEY = 'SB-Mid-server-test'

let merchant: Merchant
let midtrans: MidtransStandIn
/** How far the stand-in's clock is ahead. */
let skippedMs = 0

beforeEach(async () => {
  skippedMs = 0
  merchant = await startMerchant()
  midtrans = await startMidtrans({
    serverKey: SERVER_KEY,
    notificationUrl: merchant.url,
    finishUrl: 'http://shop.test/done?from=midtrans',
    retryScale: 0.00001,
    seed: 7,
    now: () => new Date(Date.now() + skippedMs),
  })
})

afterEach(async () => {
  await midtrans[Symbol.asyncDispose]()
  await merchant[Symbol.asyncDispose]()
})

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${midtrans.url}${path}`, {
    method,
    headers: { authorization: basic(SERVER_KEY), 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const snap = (orderId: string, grossAmount = 150_000, more: object = {}, headers?: Record<string, string>) =>
  call(
    'POST',
    '/snap/v1/transactions',
    { transaction_details: { order_id: orderId, gross_amount: grossAmount }, ...more },
    headers,
  )

const status = (orderId: string) => call('GET', `/v2/${orderId}/status`)

const told = (): Record<string, string>[] =>
  merchant.received.map(({ body }) => JSON.parse(body) as Record<string, string>)

const signed = (notification: Record<string, string>): boolean => {
  const { order_id, status_code, gross_amount, signature_key } = notification
  const expected = createHash('sha512').update(`${order_id}${status_code}${gross_amount}${SERVER_KEY}`)
  return signature_key === expected.digest('hex')
}

describe('Snap', () => {
  it('gives a token and a page', async () => {
    const { status, body } = await snap('K-1')
    expect(status).toBe(201)
    expect(body.redirect_url).toBe(`${midtrans.url}/snap/v2/vtweb/${String(body.token)}`)
    const page = await fetch(String(body.redirect_url))
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('Rp 150.000'.replace(' ', '\u00a0'))
  })

  it('refuses a wrong key with 401', async () => {
    const refused = await snap('K-1', 1_000, {}, { authorization: basic('SB-Mid-server-other') })
    expect(refused.status).toBe(401)
    expect(refused.body.error_messages).toEqual([expect.stringContaining('Access denied')])
    const core = await call('GET', '/v2/K-1/status', undefined, { authorization: basic('other') })
    expect(core).toMatchObject({ status: 401, body: { status_code: '401' } })
  })

  it('refuses an amount that is none, and one that its items do not sum up to', async () => {
    expect(await snap('K-1', 0)).toMatchObject({ status: 400 })
    const items = { item_details: [{ name: 'Seat', price: 50_000, quantity: 2 }] }
    expect((await snap('K-1', 150_000, items)).body.error_messages).toEqual([
      'transaction_details.gross_amount is not equal to the sum of item_details',
    ])
    expect(await snap('K-1', 100_000, items)).toMatchObject({ status: 201 })
  })

  it('refuses an order id that is in use with 400, one that is paid with 406, and takes an expired one anew', async () => {
    await snap('K-1')
    expect(await snap('K-1')).toMatchObject({
      status: 400,
      body: { error_messages: ['transaction_details.order_id has already been taken'] },
    })
    midtrans.wait('K-1')
    expect(await call('POST', '/v2/K-1/expire')).toMatchObject({ body: { status_code: '407' } })
    expect(await snap('K-1')).toMatchObject({ status: 201 })
    midtrans.pay('K-1')
    expect(await snap('K-1')).toMatchObject({ status: 406 })
  })

  it('answers a repeated Idempotency-Key as it did, for five minutes, and with 202 while it is at it', async () => {
    const key = { 'idempotency-key': 'create-K-1' }
    midtrans.arm({ kind: 'slow', on: 'create', ms: 300 })
    const first = snap('K-1', 150_000, {}, key)
    await eventually(async () => expect(await snap('K-1', 150_000, {}, key)).toMatchObject({ status: 202 }))
    const { body } = await first
    expect(await snap('K-1', 150_000, {}, key)).toEqual({ status: 201, body })
    skippedMs = 5 * 60_000
    expect(await snap('K-1', 150_000, {}, key)).toMatchObject({ status: 400 })
  })
})

describe('a payment', () => {
  it('is unknown to Get Status until a way to pay is chosen', async () => {
    await snap('K-1')
    expect(await status('K-1')).toMatchObject({ status: 200, body: { status_code: '404' } })
    expect(await call('POST', '/v2/K-1/expire')).toMatchObject({ body: { status_code: '404' } })
  })

  it('by card settles by itself where it is said after which time', async () => {
    await midtrans[Symbol.asyncDispose]()
    midtrans = await startMidtrans({ serverKey: SERVER_KEY, seed: 7, settleAfterMs: 20 })
    await snap('K-1')
    midtrans.pay('K-1')
    await eventually(async () =>
      expect((await status('K-1')).body).toMatchObject({ transaction_status: 'settlement' }),
    )
  })

  it('by card is captured, then settles, then is refunded in parts', async () => {
    await snap('K-1')
    midtrans.pay('K-1')
    expect((await status('K-1')).body).toMatchObject({
      status_code: '200',
      transaction_status: 'capture',
      fraud_status: 'accept',
      gross_amount: '150000.00',
      currency: 'IDR',
      transaction_time: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
    })
    expect(await call('POST', '/v2/K-1/refund', { amount: 50_000 })).toMatchObject({
      status: 200,
      body: { status_code: '412' },
    })
    midtrans.settle('K-1')
    const refund = { refund_key: 'r-1', amount: 50_000, reason: 'one seat less' }
    const first = await call('POST', '/v2/K-1/refund', refund)
    expect(first.body).toMatchObject({
      status_code: '200',
      transaction_status: 'partial_refund',
      refund_amount: '50000.00',
      refund_key: 'r-1',
    })
    expect(await call('POST', '/v2/K-1/refund', refund)).toEqual(first) // its key makes it one refund
    expect(await call('POST', '/v2/K-1/refund', { refund_key: 'r-1', amount: 1 })).toMatchObject({
      body: { status_code: '406' },
    })
    expect(await call('POST', '/v2/K-1/refund', { amount: 100_001 })).toMatchObject({
      body: { status_code: '412' },
    })
    const rest = await call('POST', '/v2/K-1/refund/online/direct', { refund_key: 'r-2', amount: 100_000 })
    expect(rest.body).toMatchObject({ transaction_status: 'refund' })
    expect(midtrans.ledger()).toMatchObject([
      { order: 'K-1', currency: 'IDR', captured: '150000.00', refunded: '150000.00', status: 'refund' },
    ])
    await midtrans.quiet()
    expect(told().map((one) => one.transaction_status)).toEqual([
      'capture',
      'settlement',
      'partial_refund',
      'refund',
    ])
    expect(told().every(signed)).toBe(true)
  })

  it('captured and not settled is voided by cancel; a settled one is not', async () => {
    await snap('K-1')
    midtrans.pay('K-1')
    expect((await call('POST', '/v2/K-1/cancel')).body).toMatchObject({
      status_code: '200',
      transaction_status: 'cancel',
    })
    expect(midtrans.ledger()).toMatchObject([{ captured: '150000.00', refunded: '150000.00' }])
    await snap('K-2')
    midtrans.pay('K-2', { method: 'qris' })
    expect((await call('POST', '/v2/K-2/cancel')).body).toMatchObject({ status_code: '412' })
    expect((await call('POST', '/v2/K-2/expire')).body).toMatchObject({ status_code: '412' })
  })

  it('held by fraud detection brings money only when it is approved', async () => {
    await snap('K-1')
    midtrans.arm({ kind: 'challenge' })
    midtrans.pay('K-1')
    expect((await status('K-1')).body).toMatchObject({
      status_code: '201',
      transaction_status: 'capture',
      fraud_status: 'challenge',
    })
    expect(midtrans.ledger()).toMatchObject([{ captured: '0.00' }])
    expect((await call('POST', '/v2/K-1/approve')).body).toMatchObject({ fraud_status: 'accept' })
    expect(midtrans.ledger()).toMatchObject([{ captured: '150000.00' }])
  })

  it('held by fraud detection is decided once in the dashboard', async () => {
    await snap('K-1')
    midtrans.pay('K-1', { fraud: 'challenge' })
    midtrans.review('K-1', 'deny')
    expect((await status('K-1')).body).toMatchObject({ transaction_status: 'deny', fraud_status: 'deny' })
    expect(() => midtrans.review('K-1', 'approve')).toThrow('Nothing of K-1 is held')
    expect(midtrans.ledger()).toMatchObject([{ captured: '0.00' }])
  })

  it('expires by the clock, and says so: 407 when asked, 202 when told', async () => {
    await snap('K-1', 150_000, { expiry: { unit: 'hours', duration: 1 } })
    midtrans.wait('K-1')
    expect((await status('K-1')).body).toMatchObject({ transaction_status: 'pending' })
    skippedMs = 3_600_000
    await eventually(async () =>
      expect((await status('K-1')).body).toMatchObject({ status_code: '407', transaction_status: 'expire' }),
    )
    await eventually(() =>
      expect(told().at(-1)).toMatchObject({ transaction_status: 'expire', status_code: '202' }),
    )
  })

  it('may come after it expired', async () => {
    await snap('K-1')
    midtrans.wait('K-1')
    midtrans.arm({ kind: 'late-payment', order: 'K-1', ms: 50 })
    expect((await call('POST', '/v2/K-1/expire')).body).toMatchObject({ transaction_status: 'expire' })
    await midtrans.quiet()
    expect((await status('K-1')).body).toMatchObject({ transaction_status: 'settlement', status_code: '200' })
    expect(told().map((one) => one.transaction_status)).toEqual(['pending', 'expire', 'settlement'])
  })
})

describe('the page', () => {
  const press = (page: unknown, action: string) =>
    fetch(String(page), {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `action=${action}`,
    })

  it('sends the customer on to the finish URL with what became of it', async () => {
    const { body } = await snap('K-1')
    const declined = await press(body.redirect_url, 'decline')
    expect(declined.status).toBe(303)
    expect(declined.headers.get('location')).toBe(
      'http://shop.test/done?from=midtrans&order_id=K-1&status_code=202&transaction_status=deny',
    )
    const paid = await press(body.redirect_url, 'pay') // the card was refused; another is tried
    expect(paid.headers.get('location')).toContain('status_code=200&transaction_status=capture')
    expect(await (await fetch(String(body.redirect_url))).text()).toContain('This is paid.')
    await press(body.redirect_url, 'pay') // from another tab
    expect(midtrans.ledger()).toMatchObject([{ captured: '150000.00' }])
  })

  it('sends to callbacks.finish where the transaction has one, and shows what it is told as text', async () => {
    const { body } = await snap('K-<b>', 1_000, { callbacks: { finish: 'http://shop.test/mine' } })
    expect(await (await fetch(String(body.redirect_url))).text()).toContain('K-&lt;b&gt;')
    const waiting = await press(body.redirect_url, 'wait')
    expect(waiting.headers.get('location')).toBe(
      'http://shop.test/mine?order_id=K-%3Cb%3E&status_code=201&transaction_status=pending',
    )
  })
})

describe('notifications', () => {
  it('come again by what they were answered with: 500 once, 404 twice, 503 four times', async () => {
    for (const [answer, attempts] of [
      [500, 2],
      [404, 3],
      [503, 5],
      [418, 6],
      [302, 1],
    ] as const) {
      const order = `K-${answer}`
      await snap(order)
      merchant.answerWith(...Array.from({ length: 9 }, () => answer))
      midtrans.pay(order)
      await midtrans.quiet()
      expect(midtrans.notifications().at(-1)).toMatchObject({ order, state: 'given up' })
      expect(midtrans.notifications().at(-1)?.attempts).toHaveLength(attempts)
      await drain()
    }
  })

  /** Uses up the answers that are left. */
  async function drain(): Promise<void> {
    while ((await fetch(merchant.url, { method: 'POST' })).status !== 200);
  }

  it('follow a 307, and go where a transaction says', async () => {
    await using other = await startMerchant()
    other.answerWith(307)
    await snap('K-1', 1_000, {}, { 'x-override-notification': other.url })
    midtrans.pay('K-1')
    await midtrans.quiet()
    expect(other.received).toHaveLength(2)
    expect(merchant.received).toHaveLength(0)
  })

  it('are signed so that a changed status_code is seen, and a changed transaction_status is not', async () => {
    await snap('K-1')
    midtrans.arm({ kind: 'forge' }, { kind: 'replay', status: 'expire' }, { kind: 'wrong-amount' })
    midtrans.pay('K-1')
    await midtrans.quiet()
    expect(told().map((one) => [one.transaction_status, one.gross_amount, signed(one)])).toEqual([
      ['capture', '150000.00', false],
      ['capture', '1.00', true],
      ['capture', '150000.00', true],
      ['expire', '150000.00', true],
    ])
  })
})
