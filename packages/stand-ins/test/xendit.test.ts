import { eventually } from '@karcis/testkit/eventually'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startXendit, type XenditStandIn } from '../src/xendit.ts'
import { basic, type Merchant, startMerchant } from './merchant.ts'

const SECRET_KEY = 'xnd_development_test'

let merchant: Merchant
let xendit: XenditStandIn

beforeEach(async () => {
  merchant = await startMerchant()
  xendit = await startXendit({
    secretKey: SECRET_KEY,
    callbackToken: 'token-1',
    callbackUrl: merchant.url,
    retryScale: 0.00001,
    seed: 7,
  })
})

afterEach(async () => {
  await xendit[Symbol.asyncDispose]()
  await merchant[Symbol.asyncDispose]()
})

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${xendit.url}${path}`, {
    method,
    headers: { authorization: basic(SECRET_KEY), 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const invoice = (externalId: string, more: object = {}) =>
  call('POST', '/v2/invoices', {
    external_id: externalId,
    amount: 150_000,
    currency: 'IDR',
    success_redirect_url: 'http://shop.test/paid',
    failure_redirect_url: 'http://shop.test/not-paid',
    ...more,
  })

const told = () => merchant.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>)

describe('an invoice', () => {
  it('is made, and found by its id and by ours; the newest first', async () => {
    const { status, body } = await invoice('K-1')
    expect(status).toBe(200)
    expect(body).toMatchObject({ external_id: 'K-1', status: 'PENDING', amount: 150_000, currency: 'IDR' })
    expect(body.invoice_url).toBe(`${xendit.url}/web/${String(body.id)}`)
    expect((await call('GET', `/v2/invoices/${String(body.id)}`)).body).toEqual(body)
    const second = await invoice('K-1') // nothing keeps an external id unique
    const found = await call('GET', '/v2/invoices?external_id=K-1')
    expect(found.body).toMatchObject([{ id: second.body.id }, { id: body.id }])
  })

  it('is refused with an error_code', async () => {
    expect(await call('GET', '/v2/invoices', undefined, { authorization: basic('other') })).toMatchObject({
      status: 401,
      body: { error_code: 'INVALID_API_KEY' },
    })
    expect(await invoice('K-1', { amount: 0 })).toMatchObject({
      status: 400,
      body: { error_code: 'API_VALIDATION_ERROR' },
    })
    expect(await invoice('K-1', { currency: 'EUR' })).toMatchObject({
      status: 400,
      body: { error_code: 'UNSUPPORTED_CURRENCY' },
    })
    expect(await call('GET', '/v2/invoices/0123')).toMatchObject({
      status: 404,
      body: { error_code: 'INVOICE_NOT_FOUND_ERROR' },
    })
  })

  it('is paid on its page, and the callback has the token', async () => {
    const { body } = await invoice('K-1')
    const declined = await press(body.invoice_url, 'decline')
    expect(declined.headers.get('location')).toBe('http://shop.test/not-paid')
    await press(body.invoice_url, 'wait')
    expect(await (await fetch(String(body.invoice_url))).text()).toContain('We wait for your bank transfer')
    expect((await press(body.invoice_url, 'pay')).headers.get('location')).toBe('http://shop.test/paid')
    await xendit.quiet()
    expect(merchant.received[0]?.headers).toMatchObject({ 'x-callback-token': 'token-1' })
    expect(told()).toMatchObject([{ id: body.id, external_id: 'K-1', status: 'PAID', paid_amount: 150_000 }])
    xendit.settle('K-1')
    expect((await call('GET', `/v2/invoices/${String(body.id)}`)).body).toMatchObject({ status: 'SETTLED' })
  })

  it('expires when told to, and by the clock; what is paid does not', async () => {
    const { body } = await invoice('K-1')
    expect(await call('POST', `/invoices/${String(body.id)}/expire!`)).toMatchObject({
      body: { status: 'EXPIRED' },
    })
    expect(() => xendit.pay('K-1')).toThrow('EXPIRED')
    await invoice('K-2', { invoice_duration: 1 })
    await eventually(() =>
      expect(told()).toMatchObject([{ status: 'EXPIRED' }, { external_id: 'K-2', status: 'EXPIRED' }]),
    )
    const paid = await invoice('K-3')
    xendit.pay('K-3')
    expect(await call('POST', `/invoices/${String(paid.body.id)}/expire!`)).toMatchObject({
      body: { status: 'PAID' },
    })
  })

  it('may be paid after it expired', async () => {
    const { body } = await invoice('K-1')
    xendit.arm({ kind: 'late-payment', order: 'K-1', ms: 20 })
    await call('POST', `/invoices/${String(body.id)}/expire!`)
    await xendit.quiet()
    expect(told().map(({ status }) => status)).toEqual(['EXPIRED', 'PAID'])
    expect(xendit.ledger()).toMatchObject([{ order: 'K-1', captured: '150000', status: 'PAID' }])
  })
})

describe('a refund', () => {
  it('gives back in parts, up to what was paid, once per key', async () => {
    const { body } = await invoice('K-1')
    const ask = { invoice_id: body.id, amount: 50_000, reason: 'REQUESTED_BY_CUSTOMER' }
    expect(await call('POST', '/refunds', ask)).toMatchObject({
      body: { error_code: 'INELIGIBLE_TRANSACTION' },
    })
    xendit.pay('K-1')
    const key = { 'idempotency-key': 'r-1' }
    const first = await call('POST', '/refunds', ask, key)
    expect(first).toMatchObject({
      status: 200,
      body: { status: 'SUCCEEDED', amount: 50_000, invoice_id: body.id },
    })
    expect(await call('POST', '/refunds', ask, key)).toEqual(first)
    expect(await call('POST', '/refunds', { ...ask, amount: 1 }, key)).toMatchObject({
      status: 409,
      body: { error_code: 'IDEMPOTENCY_ERROR' },
    })
    expect(await call('POST', '/refunds', { ...ask, amount: 100_001 })).toMatchObject({
      status: 400,
      body: { error_code: 'MAXIMUM_REFUND_AMOUNT_REACHED' },
    })
    expect(await call('GET', `/refunds/${String(first.body.id)}`)).toEqual(first)
    expect(xendit.ledger()).toMatchObject([{ captured: '150000', refunded: '50000' }])
    await xendit.quiet()
    expect(told().at(-1)).toMatchObject({ event: 'refund.succeeded', data: { status: 'SUCCEEDED' } })
  })

  it('may stay pending, and fail; then it may be asked for again', async () => {
    const { body } = await invoice('K-1')
    xendit.pay('K-1')
    const ask = { invoice_id: body.id, reason: 'CANCELLATION' }
    xendit.arm({ kind: 'refund-pending' })
    expect(await call('POST', '/refunds', ask)).toMatchObject({ body: { status: 'PENDING' } })
    xendit.finishRefund('K-1', 'FAILED')
    expect(await call('POST', '/refunds', ask)).toMatchObject({ body: { status: 'SUCCEEDED' } })
    expect((await call('GET', `/refunds?invoice_id=${String(body.id)}`)).body).toMatchObject({
      data: [{ status: 'FAILED' }, { status: 'SUCCEEDED' }],
    })
  })

  it('is not possible to where a bank transfer came from', async () => {
    const { body } = await invoice('K-1')
    xendit.pay('K-1', { method: 'BANK_TRANSFER' })
    expect(await call('POST', '/refunds', { invoice_id: body.id, reason: 'OTHERS' })).toMatchObject({
      body: { error_code: 'REFUND_NOT_SUPPORTED' },
    })
  })
})

describe('callbacks', () => {
  it('come again six times, and what is forged has another token', async () => {
    await invoice('K-1')
    xendit.arm({ kind: 'forge' }, { kind: 'wrong-currency' }, { kind: 'replay' })
    merchant.answerWith(401, 200, ...Array.from({ length: 8 }, () => 500))
    xendit.pay('K-1')
    await xendit.quiet()
    expect(xendit.notifications()).toMatchObject([
      { tampering: 'forge', attempts: [401] },
      { tampering: 'wrong-currency', attempts: [200] },
      { tampering: 'none', state: 'given up' },
      { tampering: { status: undefined } },
    ])
    expect(xendit.notifications()[2]?.attempts).toHaveLength(7)
    expect(merchant.received[0]?.headers['x-callback-token']).not.toBe('token-1')
    expect(told()[1]).toMatchObject({ currency: 'USD', status: 'PAID' })
  })
})

const press = (page: unknown, action: string) =>
  fetch(String(page), {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `action=${action}`,
  })
