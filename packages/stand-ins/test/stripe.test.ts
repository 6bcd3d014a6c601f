import { setTimeout as sleep } from 'node:timers/promises'
import { Stripe } from 'stripe'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startStripe, type StripeStandIn } from '../src/stripe.ts'
import { type Merchant, startMerchant } from './merchant.ts'

const SECRET_KEY = 'sk_test_stand_in'
const WEBHOOK_SECRET = 'whsec_stand_in'

let merchant: Merchant
let standIn: StripeStandIn
let stripe: Stripe

/** The official library, at the stand-in. */
function client(key: string, options: Partial<Stripe.StripeConfig> = {}): Stripe {
  const { hostname, port } = new URL(standIn.url)
  return new Stripe(key, {
    host: hostname,
    port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
    ...options,
  })
}

beforeEach(async () => {
  merchant = await startMerchant()
  standIn = await startStripe({
    secretKey: SECRET_KEY,
    publishableKey: 'pk_test_stand_in',
    webhookSecret: WEBHOOK_SECRET,
    webhookUrl: merchant.url,
    retryScale: 0.00001,
    seed: 7,
  })
  stripe = client(SECRET_KEY)
})

afterEach(async () => {
  await standIn[Symbol.asyncDispose]()
  await merchant[Symbol.asyncDispose]()
})

const create = (order: string, more: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  stripe.paymentIntents.create({ amount: 2_500, currency: 'usd', metadata: { order_id: order }, ...more })

const failureOf = async (request: Promise<unknown>): Promise<Stripe.errors.StripeError> =>
  (await request.then(
    () => {
      throw new Error('It was not refused.')
    },
    (error: unknown) => error,
  )) as Stripe.errors.StripeError

/** What arrived, with its signature checked by the official library. */
const arrived = () =>
  merchant.received.map(({ body, headers }) =>
    stripe.webhooks.constructEvent(body, String(headers['stripe-signature']), WEBHOOK_SECRET),
  )

describe('a payment intent', () => {
  it('is created, retrieved and updated, with its metadata', async () => {
    const intent = await create('K-1', { description: 'Two seats' })
    expect(intent).toMatchObject({
      object: 'payment_intent',
      status: 'requires_payment_method',
      amount: 2_500,
    })
    expect(intent.client_secret).toMatch(new RegExp(`^${intent.id}_secret_`))
    expect(intent.lastResponse.requestId).toMatch(/^req_/)
    expect(intent.lastResponse.apiVersion).toBe('2026-10-28.endive')
    await stripe.paymentIntents.update(intent.id, { metadata: { seat: 'A1' } })
    expect((await stripe.paymentIntents.retrieve(intent.id)).metadata).toEqual({
      order_id: 'K-1',
      seat: 'A1',
    })
  })

  it('is confirmed on the page, by the customer; the events come signed', async () => {
    const intent = await create('K-1')
    const page = standIn.pageUrl(intent.client_secret ?? '', 'http://shop.test/done?order=K-1')
    expect(await (await fetch(page)).text()).toContain('$25')
    const pressed = await press(page, 'pay')
    expect(pressed.headers.get('location')).toBe(
      `http://shop.test/done?order=K-1&payment_intent=${intent.id}&payment_intent_client_secret=${intent.client_secret}&redirect_status=succeeded`,
    )
    const paid = await stripe.paymentIntents.retrieve(intent.id, { expand: ['latest_charge'] })
    expect(paid).toMatchObject({
      status: 'succeeded',
      amount_received: 2_500,
      latest_charge: { object: 'charge', paid: true },
    })
    await standIn.quiet()
    expect(arrived().map(({ type }) => type)).toEqual([
      'payment_intent.created',
      'charge.succeeded',
      'payment_intent.succeeded',
    ])
  })

  it('is confirmed by the API with the cards for tests', async () => {
    expect(await create('K-1', { confirm: true, payment_method: 'pm_card_visa' })).toMatchObject({
      status: 'succeeded',
    })
    const refused = await failureOf(
      create('K-2', { confirm: true, payment_method: 'pm_card_chargeDeclinedInsufficientFunds' }),
    )
    expect(refused).toBeInstanceOf(Stripe.errors.StripeCardError)
    expect(refused).toMatchObject({
      statusCode: 402,
      code: 'card_declined',
      decline_code: 'insufficient_funds',
      payment_intent: { status: 'requires_payment_method' },
    })
  })

  it('asks for 3-D Secure on the page that next_action names', async () => {
    const intent = await create('K-1', {
      confirm: true,
      payment_method: 'pm_card_threeDSecure2Required',
      return_url: 'http://shop.test/done',
    })
    expect(intent.status).toBe('requires_action')
    const page = intent.next_action?.redirect_to_url?.url
    expect((await press(page, 'decline')).headers.get('location')).toContain('redirect_status=failed')
    expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { code: 'payment_intent_authentication_failure' },
    })
    const again = await stripe.paymentIntents.confirm(intent.id, {
      payment_method: 'pm_card_threeDSecure2Required',
      return_url: 'http://shop.test/done',
    })
    expect((await press(again.next_action?.redirect_to_url?.url, 'pay')).headers.get('location')).toContain(
      'redirect_status=succeeded',
    )
  })

  it('may take its time, and may be held for 3-D Secure on the page', async () => {
    const { id } = await create('K-1')
    standIn.wait('K-1')
    expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({ status: 'processing' })
    standIn.pay('K-1')
    const other = await create('K-2')
    standIn.arm({ kind: 'challenge', order: 'K-2' })
    const page = standIn.pageUrl(other.client_secret ?? '', 'http://shop.test/done')
    expect((await press(page, 'pay')).headers.get('location')).toMatch(/^\/pay\//)
    expect((await press(page, 'pay')).headers.get('location')).toContain('redirect_status=succeeded')
    expect(standIn.ledger()).toMatchObject([{ captured: '25.00' }, { captured: '25.00' }])
    expect(() => standIn.pay('K-1')).toThrow('succeeded')
  })

  it('is retrieved and confirmed by who has its client secret, and by nobody else with a publishable key', async () => {
    const intent = await create('K-1')
    const customer = client('pk_test_stand_in')
    const { client_secret } = intent
    expect(
      await customer.paymentIntents.retrieve(intent.id, { client_secret: client_secret ?? '' }),
    ).toMatchObject({ id: intent.id })
    expect(await failureOf(customer.paymentIntents.retrieve(intent.id))).toMatchObject({ statusCode: 401 })
  })

  it('is captured later, in part, where capture is manual', async () => {
    const intent = await create('K-1', {
      capture_method: 'manual',
      confirm: true,
      payment_method: 'pm_card_visa',
    })
    expect(intent).toMatchObject({ status: 'requires_capture', amount_capturable: 2_500 })
    expect(standIn.ledger()).toMatchObject([{ captured: '0.00' }])
    expect(await stripe.paymentIntents.capture(intent.id, { amount_to_capture: 2_000 })).toMatchObject({
      amount_received: 2_000,
    })
    expect(standIn.ledger()).toMatchObject([
      { order: 'K-1', currency: 'USD', amount: '25.00', captured: '20.00' },
    ])
  })

  it('is cancelled once, and not after it was paid; a payment may come just before', async () => {
    const intent = await create('K-1')
    expect(await stripe.paymentIntents.cancel(intent.id)).toMatchObject({ status: 'canceled' })
    expect(await failureOf(stripe.paymentIntents.cancel(intent.id))).toMatchObject({
      code: 'payment_intent_unexpected_state',
    })
    const other = await create('K-2')
    standIn.arm({ kind: 'late-payment', order: 'K-2' })
    expect(await failureOf(stripe.paymentIntents.cancel(other.id))).toMatchObject({
      statusCode: 400,
      payment_intent: { status: 'succeeded' },
    })
  })
})

describe('errors', () => {
  it('have type, code and param', async () => {
    expect(await failureOf(client('sk_test_other').paymentIntents.list())).toBeInstanceOf(
      Stripe.errors.StripeAuthenticationError,
    )
    expect(await failureOf(stripe.paymentIntents.retrieve('pi_none'))).toMatchObject({
      type: 'StripeInvalidRequestError',
      code: 'resource_missing',
      param: 'intent',
      statusCode: 404,
    })
    expect(await failureOf(create('K-1', { amount: undefined }))).toMatchObject({
      code: 'parameter_missing',
      param: 'amount',
    })
    expect(await failureOf(create('K-1', { amount: 1.5 }))).toMatchObject({
      code: 'parameter_invalid_integer',
      param: 'amount',
    })
    const misspelt = { ammount: 5 } as Partial<Stripe.PaymentIntentCreateParams>
    expect(await failureOf(create('K-1', misspelt))).toMatchObject({
      code: 'parameter_unknown',
      param: 'ammount',
    })
    expect(standIn.ledger()).toEqual([])
  })
})

describe('idempotency', () => {
  it('answers the same request as it did, refuses another one, and one that is under way', async () => {
    const params = { amount: 2_500, currency: 'usd' }
    const idempotencyKey = 'create-K-1'
    standIn.arm({ kind: 'slow', on: 'create', ms: 300 })
    const first = stripe.paymentIntents.create(params, { idempotencyKey })
    await sleep(100)
    expect(await failureOf(stripe.paymentIntents.create(params, { idempotencyKey }))).toMatchObject({
      statusCode: 409,
      code: 'idempotency_key_in_use',
    })
    const { id } = await first
    const again = await stripe.paymentIntents.create(params, { idempotencyKey })
    expect(again.id).toBe(id)
    expect(again.lastResponse.headers['idempotent-replayed']).toBe('true')
    const other = await failureOf(stripe.paymentIntents.create({ ...params, amount: 9 }, { idempotencyKey }))
    expect(other).toBeInstanceOf(Stripe.errors.StripeIdempotencyError)
    expect(other.statusCode).toBe(400)
  })

  it('makes one payment of a request whose answer never came', async () => {
    const impatient = client(SECRET_KEY, { timeout: 200, maxNetworkRetries: 1 })
    standIn.arm({ kind: 'timeout-after', on: 'create' })
    const intent = await impatient.paymentIntents.create({ amount: 2_500, currency: 'usd' })
    expect(standIn.ledger()).toMatchObject([{ id: intent.id }])
  })

  it('keeps a card that was refused refused', async () => {
    const params = { amount: 2_500, currency: 'usd', confirm: true, payment_method: 'pm_card_chargeDeclined' }
    const options = { idempotencyKey: 'k' }
    const first = await failureOf(stripe.paymentIntents.create(params, options))
    expect(await failureOf(stripe.paymentIntents.create(params, options))).toMatchObject({
      charge: first.charge,
    })
    expect(standIn.ledger()).toHaveLength(1)
  })
})

describe('refunds and disputes', () => {
  it('give back in parts, up to what was taken', async () => {
    const { id } = await create('K-1', { confirm: true, payment_method: 'pm_card_visa' })
    const refund = await stripe.refunds.create({
      payment_intent: id,
      amount: 1_000,
      reason: 'requested_by_customer',
    })
    expect(refund).toMatchObject({ status: 'succeeded', amount: 1_000 })
    expect(await failureOf(stripe.refunds.create({ payment_intent: id, amount: 1_501 }))).toMatchObject({
      param: 'amount',
    })
    await stripe.refunds.create({ payment_intent: id })
    expect(await failureOf(stripe.refunds.create({ payment_intent: id }))).toMatchObject({
      code: 'charge_already_refunded',
    })
    expect((await stripe.refunds.list({ payment_intent: id })).data.map(({ amount }) => amount)).toEqual([
      1_500, 1_000,
    ])
    expect(standIn.ledger()).toMatchObject([{ captured: '25.00', refunded: '25.00' }])
  })

  it('may stay pending, and fail', async () => {
    const { id } = await create('K-1', { confirm: true, payment_method: 'pm_card_visa' })
    standIn.arm({ kind: 'refund-pending' })
    const { id: refundId, status } = await stripe.refunds.create({ payment_intent: id })
    expect(status).toBe('pending')
    expect(standIn.ledger()).toMatchObject([{ refunded: '0.00' }])
    standIn.finishRefund('K-1', 'failed')
    expect(await stripe.refunds.retrieve(refundId)).toMatchObject({ status: 'failed' })
    await standIn.quiet()
    expect(arrived().map(({ type }) => type)).toContain('refund.failed')
    expect(await stripe.refunds.create({ payment_intent: id })).toMatchObject({ status: 'succeeded' })
  })

  it('take the money away while a dispute is open, and for good when it is lost', async () => {
    const { id } = await create('K-1', { confirm: true, payment_method: 'pm_card_visa' })
    standIn.dispute('K-1', 'product_not_received')
    expect(standIn.ledger()).toMatchObject([{ disputed: '25.00' }])
    expect(await failureOf(stripe.refunds.create({ payment_intent: id }))).toMatchObject({
      code: 'charge_disputed',
    })
    const [dispute] = (await stripe.disputes.list({ payment_intent: id })).data
    expect(dispute).toMatchObject({ status: 'needs_response', reason: 'product_not_received' })
    await stripe.disputes.update(dispute?.id ?? '', { evidence: { access_activity_log: 'scanned at 19:02' } })
    standIn.closeDispute('K-1', 'won')
    expect(standIn.ledger()).toMatchObject([{ disputed: '0.00' }])
    await standIn.quiet()
    expect(
      arrived()
        .map(({ type }) => type)
        .filter((type) => type.startsWith('charge.dispute')),
    ).toEqual([
      'charge.dispute.created',
      'charge.dispute.funds_withdrawn',
      'charge.dispute.updated',
      'charge.dispute.closed',
      'charge.dispute.funds_reinstated',
    ])
  })
})

describe('lists', () => {
  it('come in pages, newest first, and the library walks through them', async () => {
    for (const order of ['K-1', 'K-2', 'K-3']) await create(order)
    const page = await stripe.paymentIntents.list({ limit: 2 })
    expect(page).toMatchObject({
      has_more: true,
      data: [{ metadata: { order_id: 'K-3' } }, { metadata: { order_id: 'K-2' } }],
    })
    const all: string[] = []
    for await (const intent of stripe.paymentIntents.list({ limit: 1 }))
      all.push(intent.metadata.order_id ?? '')
    expect(all).toEqual(['K-3', 'K-2', 'K-1'])
    const before = await stripe.paymentIntents.list({ limit: 2, ending_before: page.data[1]?.id })
    expect(before.data.map(({ id }) => id)).toEqual([page.data[0]?.id])
  })

  it('give events by type, for who missed them', async () => {
    await create('K-1', { confirm: true, payment_method: 'pm_card_visa' })
    const events = await stripe.events.list({ types: ['payment_intent.succeeded', 'charge.succeeded'] })
    expect(events.data.map(({ type }) => type)).toEqual(['payment_intent.succeeded', 'charge.succeeded'])
    expect(await stripe.events.retrieve(events.data[0]?.id ?? '')).toMatchObject({ object: 'event' })
  })
})

describe('events', () => {
  it('that are forged fail the signature check, and wrong ones have an id of their own', async () => {
    const intent = await create('K-1')
    await standIn.quiet()
    merchant.received.length = 0
    const on = 'payment_intent.succeeded'
    standIn.arm(
      { kind: 'forge', on },
      { kind: 'wrong-amount', on },
      { kind: 'wrong-currency', on },
      { kind: 'lose', on: 'charge.succeeded' },
    )
    standIn.pay(intent.id)
    await standIn.quiet()
    expect(() => arrived()).toThrow(Stripe.errors.StripeSignatureVerificationError)
    merchant.received.shift()
    const told = arrived() as Stripe.PaymentIntentSucceededEvent[]
    expect(told.map(({ data }) => [data.object.amount, data.object.currency])).toEqual([
      [1, 'usd'],
      [2_500, 'eur'],
      [2_500, 'usd'],
    ])
    expect(new Set(told.map(({ id }) => id)).size).toBe(3)
  })

  it('come again when they were not taken, three times, each signed anew', async () => {
    merchant.answerWith(500, 302, 400)
    await create('K-1')
    await standIn.quiet()
    expect(standIn.notifications()).toMatchObject([{ state: 'delivered', attempts: [500, 302, 400, 200] }])
    expect(arrived()).toHaveLength(4)
  })
})

const press = (page: string | null | undefined, action: string) =>
  fetch(String(page), {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `action=${action}`,
  })
