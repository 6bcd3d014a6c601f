import { readFileSync } from 'node:fs'
import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { tell } from '@karcis/testkit/ask'
import { eventually } from '@karcis/testkit/eventually'
import type { Loose } from '@karcis/testkit/gql'
import { person } from '@karcis/testkit/people'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expireBooking } from '../src/domain/fulfilment/release-booking.ts'
import { sweepWebhooks } from '../src/domain/webhooks/deliver-webhooks.ts'
import { WEBHOOK_EVENTS } from '../src/domain/webhooks/webhook.ts'
import { forgetWebhooksJob } from '../src/jobs.ts'
import { pendingBooking } from './money.ts'
import { CANCEL, PAY, REFUND } from './operations.ts'
import {
  DELETE_ENDPOINT,
  DELIVERIES,
  ENDPOINTS,
  logOf,
  makeDue,
  makeEndpoint,
  PING,
  REPLAY,
  ROTATE,
  UPDATE_ENDPOINT,
} from './webhook-operations.ts'
import { type Received, type Receiver, startReceiver, take } from './webhook-receiver.ts'
import { startWorld, toldOf, type World } from './world.ts'

let world: World

beforeAll(async () => {
  world = await startWorld()
})

afterAll(() => world[Symbol.asyncDispose]())

const organizer = () => person({ role: 'ORGANIZER' })
const verify = (secret: string, { body, headers }: Received): Loose =>
  new Webhook(secret).verify(body, headers as Record<string, string>)

/** An organizer with an endpoint, and the server behind it. */
async function listening(events?: string[]) {
  const receiver = await startReceiver()
  const viewer = organizer()
  const endpoint = await makeEndpoint(world, viewer, { url: receiver.url, ...(events && { events }) })
  return {
    receiver,
    viewer,
    endpoint,
    look: async (): Promise<Loose> =>
      (await world.ask(viewer, ENDPOINTS)).data.webhookEndpoints.find(({ id }: Loose) => id === endpoint.id),
    log: (status?: string) => logOf(world, viewer, endpoint.id, status),
    ping: async (): Promise<Loose> =>
      (await world.ask(viewer, PING, { id: endpoint.id })).data.pingWebhookEndpoint,
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  }
}

/** The one delivery that there is, once it has been tried so often. */
const tried = (log: () => Promise<Loose[]>, attempts: number): Promise<Loose> =>
  eventually(async () => {
    const [delivery] = await log()
    expect(delivery?.attempts).toBe(attempts)
    expect(delivery?.durationMs).not.toBeNull()
    return delivery
  })

describe('a sale', () => {
  it('is told of as it goes: paid, tickets issued, refunded, in that order, each signed', async () => {
    await using receiver = await startReceiver()
    const event = await world.eventOnSale()
    const { secret, id: endpointId } = await makeEndpoint(world, event.organizer, { url: receiver.url })
    const type = await world.ticketType(event, { price: 25_000, quota: 5 })
    const buyer = await world.buyer()
    const id = await world.book(buyer, { ticketTypeId: type, quantity: 2 })
    const { data } = await world.ask(buyer, PAY, { id })
    await world.ask(person({ role: 'ADMIN' }), REFUND, { id, reason: 'Rain' })

    const [paid, issued, refunded] = await receiver.until(3)
    expect([paid?.type, issued?.type, refunded?.type]).toEqual([
      'booking.paid',
      'ticket.issued',
      'booking.refunded',
    ])
    const about = { bookingId: id, eventId: event.eventId }
    const fees = { surcharge: 0, platformFees: 0, tax: 0 }
    const amounts = { currency: 'IDR', subtotal: 50_000, discount: 0, ...fees, totalPrice: 50_000 }
    expect(verify(secret, paid as Received)).toEqual({
      type: 'booking.paid',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      data: { ...about, ...amounts, status: 'PAID', refundedAmount: 0 },
    })
    const ticketIds = data.confirmPayment.tickets.map((ticket: Loose) => ticket.id)
    expect(verify(secret, issued as Received).data).toEqual({ ...about, ticketIds })
    expect(ticketIds).toHaveLength(2)
    expect(verify(secret, refunded as Received).data).toEqual({
      ...about,
      ...amounts,
      status: 'REFUNDED',
      refundedAmount: 50_000,
      amount: 50_000,
    })
    expect(JSON.stringify(receiver.received)).not.toContain(buyer.id) // nothing about persons

    await eventually(async () => {
      const log = await logOf(world, event.organizer, endpointId, 'DELIVERED')
      expect(log).toMatchObject(
        receiver.received.map(({ type: told, body, id: webhookId }) => ({
          type: told,
          body,
          webhookId,
          endpointId,
          attempts: 1,
          responseStatus: 204,
          responseBody: '',
          error: null,
          nextTryAt: null,
        })),
      )
    })
  })

  it('that comes to nothing is told of too, of free places as well; only what was asked for', async () => {
    await using all = await listening()
    await using some = await listening(['booking.cancelled'])
    const mine = { organizerId: all.viewer.id }
    const cancelled = await pendingBooking(world.db, newId(), 0, mine)
    const expired = await pendingBooking(world.db, newId(), 700, mine)
    const theirs = await pendingBooking(world.db, newId(), 700, { organizerId: some.viewer.id })
    await world.ask(all.viewer, CANCEL, { id: cancelled.id })
    await world.db
      .$executeRaw`UPDATE bookings SET expires_at = now() WHERE id IN (${expired.id}::uuid, ${theirs.id}::uuid)`
    for (const { id } of [expired, theirs]) await expireBooking(world.subgraph.deps, id)
    const told = (await all.receiver.until(2)).map(({ type, data }) => [type, data.bookingId])
    expect(told).toEqual(
      expect.arrayContaining([
        ['booking.cancelled', cancelled.id],
        ['booking.expired', expired.id],
      ]),
    )
    expect(some.receiver.received).toEqual([])
    expect(await some.log()).toEqual([])
  })

  it('is told to whoever has the event now; and all that the event is approved, and that it is off', async () => {
    await using before = await listening()
    await using now = await listening()
    const eventId = newId()
    const { id } = await pendingBooking(world.db, newId(), 700, { organizerId: before.viewer.id, eventId })
    const tellOf = (change: Record<string, unknown>) => {
      const payload = { ...toldOf({ eventId, organizer: now.viewer }, 'IDR'), ...change }
      return tell(world.subgraph, 'event', { type: 'event.changed', aggregateId: eventId, payload })
    }
    await tellOf({ status: 'PENDING' })
    await tellOf({ status: 'APPROVED', version: 2 })
    await world.ask(now.viewer, CANCEL, { id })
    await tellOf({ status: 'CANCELLED', version: 3 })
    const told = (await now.receiver.until(3)).map(({ type, data }) => [type, data.eventId, data.status])
    expect(told).toEqual(
      expect.arrayContaining([
        ['event.approved', eventId, 'APPROVED'],
        ['booking.cancelled', eventId, 'CANCELLED'],
        ['event.cancelled', eventId, 'CANCELLED'],
      ]),
    )
    expect(before.receiver.received).toEqual([])
  })
})

describe('an endpoint', () => {
  it('shows its secret once, keeps it sealed, and signs with two while one is rotated', async () => {
    await using hook = await listening()
    const { secret, id } = hook.endpoint
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect((await hook.look()).secret).toBeNull()
    const [row] = await world.db.$queryRaw<{ secret: Uint8Array }[]>`
      SELECT secret FROM webhook_endpoints WHERE id = ${id}::uuid`
    expect(Buffer.from(row?.secret ?? []).includes(Buffer.from(secret.slice(6), 'base64'))).toBe(false)
    expect(Buffer.from(row?.secret ?? []).includes(secret.slice(6))).toBe(false)

    const { data } = await world.ask(hook.viewer, ROTATE, { id })
    const { secret: next, oldSecretUntil } = data.rotateWebhookSecret
    expect(Date.parse(oldSecretUntil)).toBeGreaterThan(Date.now() + 23 * 3_600_000)
    await hook.ping()
    const [both] = (await hook.receiver.until(1)) as [Received]
    expect(verify(secret, both)).toEqual(verify(next, both))
    expect(String(both.headers['webhook-signature']).split(' ')).toHaveLength(2)

    await world.db.$executeRaw`UPDATE webhook_endpoints SET old_secret_until = now() WHERE id = ${id}::uuid`
    await hook.ping()
    const [, alone] = (await hook.receiver.until(2)) as [Received, Received]
    expect(() => verify(secret, alone)).toThrow()
    verify(next, alone)
  })

  it('is its organizer’s, and admins look into it and take it away', async () => {
    await using hook = await listening()
    const { id } = hook.endpoint
    const [other, admin] = [organizer(), person({ role: 'ADMIN' })]
    const asked = (viewer: Viewer) =>
      Promise.all([
        world.ask(viewer, ENDPOINTS, { organizerId: hook.viewer.id }),
        world.ask(viewer, DELIVERIES, { id }),
        world.ask(viewer, UPDATE_ENDPOINT, { input: { id, description: 'Mine' } }),
        world.ask(viewer, PING, { id }),
        world.ask(viewer, ROTATE, { id }),
        world.ask(viewer, DELETE_ENDPOINT, { id }),
      ])
    expect((await asked(other)).map(({ code }) => code)).toEqual(Array(6).fill('FORBIDDEN'))
    expect((await world.ask(admin, ROTATE, { id })).code).toBe('FORBIDDEN') // it would show the secret
    expect(
      (await world.ask(admin, ENDPOINTS, { organizerId: hook.viewer.id })).data.webhookEndpoints,
    ).toEqual([{ ...hook.endpoint, secret: null }])
    expect((await world.ask(admin, DELETE_ENDPOINT, { id })).data.deleteWebhookEndpoint.id).toBe(id)
    const gone = await asked(hook.viewer)
    expect(gone.map(({ code }) => code)).toEqual([undefined, ...Array(5).fill('NOT_FOUND')])
    const rows = await world.db.webhookEndpoint.findMany({ where: { id } })
    expect(rows).toMatchObject([{ url: null, secret: null, description: null }]) // nothing of it stays
  })

  it('is made by organizers only, of what there is, and ten at most', async () => {
    const input = { url: 'https://example.com/hook', events: ['booking.paid'] }
    const create = (viewer: Viewer, change: Record<string, unknown> = {}) =>
      world.ask(
        viewer,
        `mutation ($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) { id } }`,
        { input: { ...input, ...change } },
      )
    expect((await create(person())).code).toBe('FORBIDDEN')
    const viewer = organizer()
    const wrong = await create(viewer, { url: 'ftp://x', events: [], description: '' })
    expect(wrong.facts.fields).toEqual([
      { path: 'input.url', message: 'must begin with https://' },
      { path: 'input.events', message: 'must name at least one type of event' },
      { path: 'input.description', message: 'must not be empty' },
    ])
    expect((await create(viewer, { events: ['booking.sold'] })).facts.fields[0].path).toBe('input.events.0')
    for (let n = 0; n < 10; n += 1) expect((await create(viewer)).code).toBeUndefined()
    const last = await create(viewer)
    expect([last.code, last.facts]).toEqual(['LIMIT_EXCEEDED', { limit: 10 }])
    const [, second] = (await world.ask(viewer, ENDPOINTS)).data.webhookEndpoints
    await world.ask(viewer, DELETE_ENDPOINT, { id: second.id })
    expect((await create(viewer)).code).toBeUndefined()
  })

  it('is changed field by field', async () => {
    await using hook = await listening()
    const { id } = hook.endpoint
    const update = async (change: Record<string, unknown>) =>
      (await world.ask(hook.viewer, UPDATE_ENDPOINT, { input: { id, ...change } })).data.updateWebhookEndpoint
    const before = { ...hook.endpoint, secret: null }
    expect(await update({ description: 'Till' })).toEqual({ ...before, description: 'Till' })
    expect(await update({ description: null, events: ['booking.paid', 'booking.paid'] })).toEqual({
      ...before,
      events: ['booking.paid'],
    })
    const url = 'https://example.com:8443/other'
    expect((await update({ url })).url).toBe(url)
    const { facts } = await world.ask(hook.viewer, UPDATE_ENDPOINT, { input: { id, url: 'http://x.com' } })
    expect(facts.fields).toEqual([{ path: 'input.url', message: 'must begin with https://' }])
  })

  it('of somebody whose account is erased is gone; of who is suspended it stays', async () => {
    await using hook = await listening()
    const { id } = hook.viewer
    const tellOf = (erased: boolean) => {
      const payload = { userId: id, role: 'CUSTOMER', suspended: true, erased }
      return tell(world.subgraph, 'user', { type: 'user.rights-changed', aggregateId: id, payload })
    }
    await tellOf(false)
    expect(await hook.look()).toBeDefined()
    await tellOf(true)
    expect(await hook.look()).toBeUndefined()
  })
})

describe('what is not taken', () => {
  const failures: Record<
    string,
    { behave: Parameters<Receiver['behave']>[0]; said: Record<string, unknown> }
  > = {
    'is answered with 500': {
      behave: (_, response) => response.writeHead(500).end('out of order'),
      said: { responseStatus: 500, responseBody: 'out of order', error: null },
    },
    'is answered with a redirect, which nobody follows': {
      behave: (_, response) => response.writeHead(302, { location: '/elsewhere' }).end(),
      said: { responseStatus: 302, error: null },
    },
    'is cut off before an answer': {
      behave: (_, response) => response.destroy(),
      said: { responseStatus: null, responseBody: null, error: 'No connection: ECONNRESET.' },
    },
  }

  it.for(Object.entries(failures))('%s: is sent again, under the same id', async ([, { behave, said }]) => {
    await using hook = await listening()
    hook.receiver.behave(behave)
    const { webhookId } = await hook.ping()
    const first = await tried(hook.log, 1)
    expect(first).toMatchObject({ status: 'PENDING', ...said })
    const pause = Date.parse(first.nextTryAt) - Date.parse(first.lastTriedAt)
    expect(pause).toBeGreaterThan(2_000)
    expect(pause).toBeLessThan(8_000)
    expect((await hook.look()).failingSince).not.toBeNull()
    expect(hook.receiver.received).toHaveLength(1)

    hook.receiver.behave(take)
    await makeDue(world)
    expect(await tried(hook.log, 2)).toMatchObject({ status: 'DELIVERED', responseStatus: 204, error: null })
    expect(hook.receiver.received.map(({ id }) => id)).toEqual([webhookId, webhookId])
    expect((await hook.look()).failingSince).toBeNull()
  })

  it('waits for as long as the receiver asks', async () => {
    await using hook = await listening()
    hook.receiver.behave((_, response) => response.writeHead(429, { 'retry-after': '600' }).end())
    await hook.ping()
    const { nextTryAt, lastTriedAt } = await tried(hook.log, 1)
    expect(Date.parse(nextTryAt) - Date.parse(lastTriedAt)).toBeGreaterThan(595_000)
  })

  it('of a 200 whose body never ends, or breaks off, counts as taken: the head has said so', async () => {
    await using hook = await listening()
    hook.receiver.behave((_, response) => {
      response.writeHead(200).write('x'.repeat(9_000))
      if (hook.receiver.received.length === 2) response.destroy()
    })
    await hook.ping()
    const log = () => hook.log('DELIVERED')
    await eventually(async () => expect(await log()).toHaveLength(1))
    await hook.ping()
    await eventually(async () => expect(await log()).toHaveLength(2))
    expect((await log())[0].responseBody).toBe('x'.repeat(4_096))
  })

  it('is given up after three days, and can be replayed under its id', async () => {
    await using hook = await listening()
    hook.receiver.behave((_, response) => response.writeHead(500).end())
    await hook.ping()
    const { id, webhookId } = await tried(hook.log, 1)
    await world.db
      .$executeRaw`UPDATE webhook_deliveries SET expires_at = now() + interval '4 s', next_try_at = now()
      WHERE id = ${id}::uuid`
    expect(await tried(hook.log, 2)).toMatchObject({ status: 'FAILED', nextTryAt: null })

    hook.receiver.behave(take)
    const { data } = await world.ask(hook.viewer, REPLAY, { id })
    expect(data.replayWebhook).toMatchObject({ id, webhookId, status: 'PENDING' })
    expect(await tried(hook.log, 3)).toMatchObject({ status: 'DELIVERED' })
    await world.ask(hook.viewer, REPLAY, { id }) // also what was taken
    expect((await tried(hook.log, 4)).status).toBe('DELIVERED')
    expect(new Set(hook.receiver.received.map((received) => received.id))).toEqual(new Set([webhookId]))
    expect((await world.ask(organizer(), REPLAY, { id })).code).toBe('FORBIDDEN')
    expect((await world.ask(hook.viewer, REPLAY, { id: newId() })).code).toBe('NOT_FOUND')
  })

  /** What whoever writes to organizers is told. */
  const notices = async (endpointId: string) =>
    (
      await world.db.$queryRaw<{ payload: Loose }[]>`SELECT payload FROM kit.outbox
        WHERE type = 'booking.webhook-disabled' AND aggregate_id = ${endpointId} AND consumer = 'user'`
    ).map(({ payload }) => payload)

  it('by a 410 disables the endpoint at once; what it is owed waits until it is enabled', async () => {
    await using hook = await listening()
    const { id, url } = hook.endpoint
    hook.receiver.behave((_, response) => response.writeHead(410).end())
    await hook.ping()
    await tried(hook.log, 1)
    const off = await hook.look()
    expect(off).toMatchObject({ enabled: false, disabledReason: 'GONE', disabledAt: expect.any(String) })
    expect(await notices(id)).toEqual([{ endpointId: id, organizerId: hook.viewer.id, url, reason: 'GONE' }])
    const refused = await world.ask(hook.viewer, PING, { id })
    expect([refused.code, refused.facts]).toEqual(['CONFLICT', { reason: 'GONE' }])
    const [owed] = await hook.log()
    expect((await world.ask(hook.viewer, REPLAY, { id: owed.id })).code).toBe('CONFLICT')

    const { id: bookingId } = await pendingBooking(world.db, newId(), 0, { organizerId: hook.viewer.id })
    await world.ask(hook.viewer, CANCEL, { id: bookingId })
    await makeDue(world)
    hook.receiver.behave(take)
    expect(await hook.log('PENDING')).toHaveLength(2)
    expect(hook.receiver.received).toHaveLength(1)
    await world.ask(hook.viewer, UPDATE_ENDPOINT, { input: { id, enabled: true } })
    await eventually(async () => expect(await hook.log('DELIVERED')).toHaveLength(2))
    expect(await hook.look()).toMatchObject({ enabled: true, disabledReason: null, disabledAt: null })
  })

  it('for three days disables the endpoint, whose organizer sees why; one that takes something begins anew', async () => {
    await using hook = await listening()
    const { id } = hook.endpoint
    const age = (days: number) => world.db.$executeRaw`UPDATE webhook_endpoints
      SET failing_since = now() - make_interval(days => ${days}::int) WHERE id = ${id}::uuid`
    hook.receiver.behave((_, response) => response.writeHead(503).end())
    await hook.ping()
    await tried(hook.log, 1)
    await age(2)
    await makeDue(world)
    await tried(hook.log, 2)
    expect((await hook.look()).enabled).toBe(true)
    await age(3)
    await makeDue(world)
    await tried(hook.log, 3)
    expect(await hook.look()).toMatchObject({ enabled: false, disabledReason: 'FAILING' })
    expect(await notices(id)).toMatchObject([{ reason: 'FAILING' }])
    await world.ask(hook.viewer, UPDATE_ENDPOINT, { input: { id, enabled: true } })
    expect((await hook.look()).failingSince).toBeNull()
  })

  it('while its endpoint is off, is given up after three days too, and forgotten after thirty', async () => {
    await using hook = await listening()
    const { id } = hook.endpoint
    await world.ask(hook.viewer, UPDATE_ENDPOINT, { input: { id, enabled: false } })
    expect((await hook.look()).disabledReason).toBe('BY_HAND')
    for (let n = 0; n < 2; n += 1) {
      const booking = await pendingBooking(world.db, newId(), 0, { organizerId: hook.viewer.id })
      await world.ask(hook.viewer, CANCEL, { id: booking.id })
    }
    const [old, fresh] = await hook.log('PENDING')
    const age = (days: number) => world.db.$executeRaw`UPDATE webhook_deliveries
      SET created_at = now() - make_interval(days => ${days}::int), expires_at = now() - make_interval(days => ${days - 3}::int)
      WHERE id = ${old.id}::uuid`
    const forget = () => forgetWebhooksJob.run(world.subgraph.deps, {})
    await age(31)
    await forget()
    expect(await hook.log()).toHaveLength(2) // it is still to be sent, as far as anybody knows
    await sweepWebhooks(world.subgraph.deps)
    expect((await hook.log('FAILED')).map((delivery) => delivery.id)).toEqual([old.id])
    await age(29)
    await forget()
    expect(await hook.log()).toHaveLength(2)
    await age(31)
    await forget()
    expect((await hook.log()).map((delivery) => delivery.id)).toEqual([fresh.id])
  })
})

describe('docs/webhooks.md', () => {
  const page = readFileSync(new URL('../../../docs/webhooks.md', import.meta.url), 'utf8')

  it('has ten lines that take what comes from us, and nothing else', async () => {
    const [, code = ''] = /```js\n(.+?)```/s.exec(page) ?? []
    const example = await import(`data:text/javascript,${encodeURIComponent(code)}`)
    await using hook = await listening()
    const { data } = await world.ask(hook.viewer, ROTATE, { id: hook.endpoint.id })
    await hook.ping()
    const [{ headers, body }] = (await hook.receiver.until(1)) as [Received]
    const { secret } = data.rotateWebhookSecret
    for (const known of [secret, hook.endpoint.secret])
      expect(example.verify(known, headers, Buffer.from(body))).toMatchObject({ type: 'ping' })
    const verified =
      (change: Record<string, string>, bytes = body) =>
      () =>
        example.verify(secret, { ...headers, ...change }, bytes)
    expect(verified({}, body.replace('ping', 'pong'))).toThrow('not signed')
    expect(verified({ 'webhook-id': newId() })).toThrow('not signed')
    expect(verified({ 'webhook-signature': 'v1,' })).toThrow('not signed')
    expect(verified({ 'webhook-timestamp': '1700000000' })).toThrow('too old')
    expect(verified({ 'webhook-timestamp': 'x' })).toThrow('too old')
  })

  it('names every type of event, and no other', () => {
    const named = [...page.matchAll(/`((?:booking|ticket|event)\.\w+)`/g)].map(([, type]) => type)
    expect(new Set(named)).toEqual(new Set(WEBHOOK_EVENTS))
  })
})

describe('the log of an endpoint', () => {
  it('is a list by pages, newest first', async () => {
    await using hook = await listening()
    const ids: string[] = []
    for (let n = 0; n < 3; n += 1) ids.unshift((await hook.ping()).id)
    const page = async (after?: string) =>
      (await world.ask(hook.viewer, DELIVERIES, { id: hook.endpoint.id, first: 2, after })).data
        .webhookDeliveries
    const first = await page()
    expect(first.totalCount).toBe(3)
    expect(first.edges.map(({ node }: Loose) => node.id)).toEqual(ids.slice(0, 2))
    const second = await page(first.pageInfo.endCursor)
    expect(second.edges.map(({ node }: Loose) => node.id)).toEqual(ids.slice(2))
    expect(second.pageInfo.hasNextPage).toBe(false)
  })
})
