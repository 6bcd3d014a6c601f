import { request } from 'node:http'
import { startMidtrans } from '@karcis/stand-ins/midtrans'
import { eventually } from '@karcis/testkit/eventually'
import { expect, it } from 'vitest'
import { arena, createBooking, holdSeats, signInAdmin, signUp, signUpOrganizer } from './builders.ts'
import { startKarcis } from './karcis.ts'

const SERVER_KEY = 'SB-Mid-server-test'
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
  // Where the router is going to be is not known yet: what Midtrans tells is handed on below.
  await using midtrans = await startMidtrans({
    serverKey: SERVER_KEY,
    notificationUrl: 'http://127.0.0.1:9/',
  })
  await using karcis = await startKarcis({
    MIDTRANS_SERVER_KEY: SERVER_KEY,
    MIDTRANS_SNAP_URL: midtrans.url,
    MIDTRANS_API_URL: midtrans.url,
  })
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
