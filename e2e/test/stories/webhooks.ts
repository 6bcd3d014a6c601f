import { createServer, type IncomingHttpHeaders } from 'node:http'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { closeHttp, listen } from '@karcis/kit/http'
import { eventually } from '@karcis/testkit/eventually'
import { expect } from 'vitest'
import { arena, createBooking, holdSeats, signInAdmin, signUp, signUpOrganizer } from '../builders.ts'
import type { Karcis } from '../karcis.ts'

const CREATE = `mutation ($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) { id secret enabled } }`
const PAY = 'mutation ($id: ID!) { confirmPayment(id: $id, input: { method: WALLET }) { status } }'
const LOG = `query ($id: ID!) { webhookDeliveries(endpointId: $id) {
  totalCount edges { node { type status attempts responseStatus } } } }`

/** tells an organizer’s server of a sale, by the one port and out of it, signed as docs/webhooks.md says. */
export async function webhookStory(karcis: Karcis): Promise<void> {
  const page = readFileSync(new URL('../../../docs/webhooks.md', import.meta.url), 'utf8')
  const [, code = ''] = /```js\n(.+?)```/s.exec(page) ?? []
  const { verify } = await import(`data:text/javascript,${encodeURIComponent(code)}`)
  const received: { headers: IncomingHttpHeaders; body: string }[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({ headers: request.headers, body })
      response.writeHead(204).end()
    })
  })
  const port = await listen(server, 0, '127.0.0.1')
  await using _server = { [Symbol.asyncDispose]: () => closeHttp(server, 0) }

  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const { eventId, seat } = await arena(karcis, admin, organizer)
  const buyer = await signUp(karcis, 'Budi')
  const input = { url: `http://localhost:${port}/karcis`, events: ['booking.paid', 'ticket.issued'] }
  const refused = await karcis.attempt(CREATE, { input }, buyer.token)
  expect(refused.errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
  const { createWebhookEndpoint: endpoint } = await karcis.run(CREATE, { input }, organizer.token)
  expect(endpoint.enabled).toBe(true)

  const { holdSeats: hold } = await holdSeats(karcis, buyer, eventId, [seat('Front', 'A', 9)])
  const { createBooking: booking } = await createBooking(karcis, buyer, { holdId: hold.id })
  await karcis.run(PAY, { id: booking.id }, buyer.token)

  const told = await eventually(() => {
    expect(received).toHaveLength(2)
    return received.map(({ headers, body }) => verify(endpoint.secret, headers, body))
  })
  expect(told).toMatchObject([
    { type: 'booking.paid', data: { bookingId: booking.id, eventId, status: 'PAID', currency: 'IDR' } },
    { type: 'ticket.issued', data: { bookingId: booking.id, eventId, ticketIds: [expect.any(String)] } },
  ])
  await eventually(async () => {
    const { webhookDeliveries } = await karcis.run(LOG, { id: endpoint.id }, organizer.token)
    const delivered = { status: 'DELIVERED', attempts: 1, responseStatus: 204 }
    expect(webhookDeliveries).toEqual({
      totalCount: 2,
      edges: [
        { node: { type: 'ticket.issued', ...delivered } },
        { node: { type: 'booking.paid', ...delivered } },
      ],
    })
  })
}
