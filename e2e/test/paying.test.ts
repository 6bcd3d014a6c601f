import { request } from 'node:http'
import { startStripe } from '@karcis/stand-ins/stripe'
import { startXendit } from '@karcis/stand-ins/xendit'
import { eventually } from '@karcis/testkit/eventually'
import { describe, expect, it } from 'vitest'
import { startAtMidtrans } from './at-midtrans.ts'
import { arena, createBooking, holdSeats, signInAdmin, signUp, signUpOrganizer } from './builders.ts'
import { startKarcis } from './karcis.ts'
import { startRelay } from './relay.ts'

const START = `mutation ($id: ID!) { confirmPayment(id: $id, input: { method: MIDTRANS }) {
  status payment { id status redirectUrl } } }`
const LOOK = 'query ($id: ID!) { booking(id: $id) { status tickets { status } payment { status method } } }'

/** Sends bytes to a path, as somebody outside does; gives the status of the answer. */
const post = (url: string, body: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request(url, { method: 'POST', headers: { 'content-type': 'application/json' } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end(body)
  })

it('pays on the page of a provider, which tells by the one port that it has the money', async () => {
  await using world = await startAtMidtrans()
  const { midtrans, karcis } = world
  const admin = await signInAdmin(karcis)
  const { eventId, seat } = await arena(karcis, admin, await signUpOrganizer(karcis, admin))
  const buyer = await signUp(karcis, 'Budi')
  const { holdSeats: hold } = await holdSeats(karcis, buyer, eventId, [seat('Front', 'A', 9)])
  const { createBooking: booking } = await createBooking(karcis, buyer, { holdId: hold.id })
  const { paymentMethods } = await karcis.run(
    'query ($id: ID!) { paymentMethods(bookingId: $id) }',
    { id: booking.id },
    buyer.token,
  )
  expect(paymentMethods).toEqual(['WALLET', 'MIDTRANS'])

  const { confirmPayment } = await karcis.run(START, { id: booking.id }, buyer.token)
  expect(confirmPayment).toMatchObject({ status: 'PENDING', payment: { status: 'REQUIRES_ACTION' } })
  const { redirectUrl } = confirmPayment.payment
  await fetch(redirectUrl, {
    method: 'POST',
    body: new URLSearchParams({ action: 'pay' }),
    redirect: 'manual',
  })
  const told = await eventually(() => {
    const [notification] = midtrans.notifications()
    if (!notification?.body) throw new Error('nothing was told yet')
    return notification.body
  })

  const webhook = `${karcis.url}/webhooks/midtrans`
  expect((await fetch(webhook)).status).toBe(405)
  expect(await post(webhook, told.replace('"signature_key":"', '"signature_key":"0'))).toBe(401)
  expect(await post(webhook, 'nonsense')).toBe(400)
  expect((await karcis.run(LOOK, { id: booking.id }, buyer.token)).booking.status).toBe('PENDING')
  expect(await post(webhook, told)).toBe(200)
  await eventually(async () =>
    expect((await karcis.run(LOOK, { id: booking.id }, buyer.token)).booking).toEqual({
      status: 'PAID',
      tickets: [{ status: 'VALID' }],
      payment: { status: 'PAID', method: 'MIDTRANS' },
    }),
  )
})

const WEBHOOK_SECRET = 'whsec_test'
const PROVIDERS = {
  STRIPE: async (url: string) => {
    const keys = { secretKey: 'sk_test', webhookSecret: WEBHOOK_SECRET }
    const standIn = await startStripe({ ...keys, webhookUrl: `${url}/webhooks/stripe` })
    const settings = {
      STRIPE_SECRET_KEY: keys.secretKey,
      STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
      STRIPE_API_URL: standIn.url,
      STRIPE_PAGE_URL: `${standIn.url}/pay`,
    }
    return { standIn, settings }
  },
  XENDIT: async (url: string) => {
    const keys = { secretKey: 'xnd_test', callbackToken: 'callback token' }
    const standIn = await startXendit({ ...keys, callbackUrl: `${url}/webhooks/xendit` })
    const settings = {
      XENDIT_SECRET_KEY: keys.secretKey,
      XENDIT_CALLBACK_TOKEN: keys.callbackToken,
      XENDIT_API_URL: standIn.url,
    }
    return { standIn, settings }
  },
}

/** A seat that is booked, and by whom. @returns with how its booking looks to its buyer. */
async function booked(karcis: Awaited<ReturnType<typeof startKarcis>>) {
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const { eventId, seat } = await arena(karcis, admin, organizer)
  const buyer = await signUp(karcis, 'Budi')
  const { holdSeats: hold } = await holdSeats(karcis, buyer, eventId, [seat('Front', 'A', 9)])
  const { createBooking: booking } = await createBooking(karcis, buyer, { holdId: hold.id })
  const look = async () => (await karcis.run(LOOK, { id: booking.id }, buyer.token)).booking
  return { admin, organizer, eventId, buyer, id: booking.id as string, look }
}

const START_BY = `mutation ($id: ID!, $method: PaymentMethod!) { confirmPayment(id: $id, input: { method: $method }) {
  status payment { id status redirectUrl clientSecret instructions } } }`
const REFUND = 'mutation ($id: ID!) { refundBooking(id: $id, reason: "Rain.") { status } }'

describe('pays, and has it back,', () => {
  it.for(['STRIPE', 'XENDIT'] as const)('by %s, which tells by the one port', async (method) => {
    await using relay = await startRelay()
    const { standIn, settings } = await PROVIDERS[method](relay.url)
    await using provider = standIn
    await using karcis = await startKarcis(settings)
    relay.handOnTo(karcis.url)
    const { buyer, admin, id, look } = await booked(karcis)
    const { confirmPayment } = await karcis.run(START_BY, { id, method }, buyer.token)
    expect(confirmPayment).toMatchObject({ status: 'PENDING', payment: { status: 'REQUIRES_ACTION' } })
    const { payment } = confirmPayment
    expect(payment.redirectUrl ?? payment.clientSecret).toEqual(expect.any(String))
    provider.pay(payment.id)
    const paid = { status: 'PAID', tickets: [{ status: 'VALID' }], payment: { status: 'PAID', method } }
    await eventually(async () => expect(await look()).toEqual(paid))
    await karcis.run(REFUND, { id }, admin)
    await eventually(async () => {
      expect(await look()).toMatchObject({ status: 'REFUNDED', tickets: [{ status: 'REFUNDED' }] })
      const held = provider.ledger().map(({ captured, refunded }) => [Number(captured), Number(refunded)])
      expect(held).toEqual([[300_000, 300_000]])
    })
  })

  it('by hand, to the organizer, who says that it has come and that it has gone back', async () => {
    await using karcis = await startKarcis()
    const { buyer, admin, organizer, eventId, id, look } = await booked(karcis)
    const instructions = 'Transfer to BCA 123 456.'
    await karcis.run(
      'mutation ($input: SetManualPaymentInput!) { setManualPayment(input: $input) { instructions } }',
      { input: { eventId, instructions } },
      organizer.token,
    )
    const { confirmPayment } = await karcis.run(START_BY, { id, method: 'MANUAL' }, buyer.token)
    expect(confirmPayment).toMatchObject({
      status: 'PENDING',
      payment: { status: 'REQUIRES_ACTION', instructions },
    })
    await karcis.run(
      'mutation ($id: ID!) { confirmManualPayment(bookingId: $id) { status } }',
      { id },
      organizer.token,
    )
    const paid = {
      status: 'PAID',
      tickets: [{ status: 'VALID' }],
      payment: { status: 'PAID', method: 'MANUAL' },
    }
    await eventually(async () => expect(await look()).toEqual(paid))
    await karcis.run(REFUND, { id }, admin)
    const refund = await eventually(async () => {
      const { manualRefunds } = await karcis.run(
        'query ($id: ID) { manualRefunds(eventId: $id) { edges { node { id amount } } } }',
        { id: eventId },
        organizer.token,
      )
      expect(manualRefunds.edges).toMatchObject([{ node: { amount: 300_000 } }])
      return manualRefunds.edges[0].node
    })
    const givenBack = 'mutation ($id: ID!) { confirmManualRefund(id: $id) { id } }'
    expect(await karcis.run(givenBack, { id: refund.id }, organizer.token)).toEqual({
      confirmManualRefund: { id: refund.id },
    })
    expect(await look()).toMatchObject({ status: 'REFUNDED', payment: { status: 'REFUNDED' } })
  })
})
