import { transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import { tell } from '@karcis/testkit/ask'
import { eventually } from '@karcis/testkit/eventually'
import { mutantOf } from '@karcis/testkit/mutants'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { announce, announceReminders } from '../src/domain/notifications/announcements/announce.ts'
import { announcing } from '../src/domain/notifications/announcements/take-events.ts'
import {
  type Announcement,
  insertAnnouncements,
  takeDueAnnouncements,
} from '../src/domain/notifications/announcements/announcement-store.ts'
import { type Person, type Story, startStory } from './stories.ts'

let story: Story
let organizer: Person
beforeAll(async () => {
  story = await startStory()
  organizer = await story.signUp('Organizer')
  await story.sql(`UPDATE users SET role = 'ORGANIZER' WHERE id = '${organizer.id}'`)
})
afterAll(() => story[Symbol.asyncDispose]())

const HOUR = 3_600_000
const inHours = (hours: number) => new Date(Math.floor(Date.now() / 1000) * 1000 + hours * HOUR)

/** An event, as the event subgraph tells of it. */
function newEvent(startsAt = inHours(240)) {
  const facts = {
    id: newId(),
    organizerId: organizer.id,
    title: 'Malam Keroncong',
    status: 'PENDING',
    startsAt,
    endsAt: new Date(startsAt.getTime() + 2 * HOUR),
    currency: 'IDR',
    timezone: 'Asia/Jakarta',
    roomId: null as string | null,
    version: 0,
  }
  return {
    ...facts,
    /** It is otherwise now. */
    async is(changes: Partial<typeof facts> & { refundUntil?: Date; cancellationReason?: string }) {
      Object.assign(facts, changes, { version: facts.version + 1 })
      await tell(story.subgraph, 'event', {
        type: 'event.changed',
        aggregateId: facts.id,
        payload: { ...facts },
      })
    },
  }
}

/** Kinds and subjects of what somebody was told, oldest first. */
const toldTo = async ({ ask }: Person): Promise<[string, string][]> => {
  const { data } = await ask('{ notifications(last: 50) { edges { node { kind subject } } } }')
  return data.notifications.edges
    .map(({ node }: { node: { kind: string; subject: string } }) => [node.kind, node.subject])
    .toReversed()
}
const kindsTo = async (person: Person) => (await toldTo(person)).map(([kind]) => kind)
const settled = () =>
  eventually(async () =>
    expect(await story.sql('SELECT kind, cause FROM announcements WHERE done_at IS NULL')).toEqual([]),
  )

describe('an event', () => {
  it('is news to who follows its organizer, once it is approved; then whoever has tickets hears of changes and its end', async () => {
    const [siti, budi] = [await story.signUp(), await story.signUp()]
    const followed = await siti.ask('mutation ($id: ID!) { followOrganizer(id: $id) { id followed } }', {
      id: organizer.id,
    })
    expect(followed.data.followOrganizer).toEqual({ id: organizer.id, followed: true })
    const event = newEvent()
    story.neighbours.holders.set(event.id, [budi.id, budi.id])
    await event.is({})
    await event.is({ status: 'APPROVED' })
    await settled()
    await event.is({ title: 'Malam Keroncong II' })
    await event.is({ startsAt: inHours(264), endsAt: inHours(266), refundUntil: inHours(100) })
    await settled()
    await event.is({ roomId: newId() })
    await settled()
    await event.is({ status: 'CANCELLED', cancellationReason: 'The singer is ill.' })
    await event.is({})
    await settled()
    expect(await toldTo(siti)).toEqual([['NEW_EVENT', 'New from Organizer: Malam Keroncong']])
    expect(await toldTo(budi)).toEqual([
      ['EVENT_CHANGED', 'Malam Keroncong II has a new time'],
      ['EVENT_CHANGED', 'Malam Keroncong II has a new place'],
      ['EVENT_CANCELLED', 'Malam Keroncong II is cancelled'],
    ])
    const unfollowed = await siti.ask('mutation ($id: ID!) { unfollowOrganizer(id: $id) { followed } }', {
      id: organizer.id,
    })
    expect(unfollowed.data.unfollowOrganizer.followed).toBe(false)
    const later = newEvent()
    await later.is({})
    await later.is({ status: 'APPROVED' })
    await settled()
    expect(await kindsTo(siti)).toEqual(['NEW_EVENT'])
  })

  it('reminds a day and two hours before, of each time that it is moved to once, and of none that is over', async () => {
    const siti = await story.signUp()
    const event = newEvent(inHours(23))
    story.neighbours.holders.set(event.id, [siti.id])
    await event.is({})
    await event.is({ status: 'APPROVED' })
    for (let n = 0; n < 3; n += 1) await announceReminders(story.subgraph.deps)
    await settled()
    expect(await kindsTo(siti)).toEqual(['REMINDER_DAY'])
    await event.is({ startsAt: inHours(1.9), endsAt: inHours(4) })
    await announceReminders(story.subgraph.deps)
    await settled()
    expect(await kindsTo(siti)).toEqual(['REMINDER_DAY', 'EVENT_CHANGED', 'REMINDER_SOON'])
    await event.is({ startsAt: inHours(20), endsAt: inHours(22) })
    await announceReminders(story.subgraph.deps)
    await settled()
    expect((await kindsTo(siti)).filter((kind) => kind === 'REMINDER_DAY')).toHaveLength(2)
    const [{ place }] = await story.sql(
      `SELECT data->>'place' AS place FROM notifications WHERE kind = 'REMINDER_SOON'`,
    )
    expect(place).toBe('Gedung Kesenian, Jalan Merdeka 1, Bandung')
    const [{ soon }] = await story.sql(
      "SELECT bool_and(not_after = (SELECT not_after FROM announcements WHERE kind = 'REMINDER_SOON')) AS soon FROM deliveries JOIN notifications n ON n.id = notification_id WHERE n.kind = 'REMINDER_SOON'",
    )
    expect(soon).toBe(true)
  })

  it('that changes again and again within minutes is told once, as it is then; not at all when it is as it was, or called off', async () => {
    const siti = await story.signUp()
    const { db } = story.subgraph.deps
    const handlers = announcing(60)
    const startsAt = inHours(240)
    const later = (hours: number) => ({
      startsAt: inHours(240 + hours),
      endsAt: inHours(242 + hours),
    })
    const approved = async () => {
      const event = newEvent(startsAt)
      story.neighbours.holders.set(event.id, [siti.id])
      await event.is({})
      await event.is({ status: 'APPROVED' })
      const { is: _, ...facts } = { ...event, status: 'APPROVED' }
      let version = 2
      const changes = (change: object) =>
        transaction(db, async (tx) => {
          Object.assign(facts, change, { version: ++version })
          const about = {
            id: newId(),
            type: 'event.changed',
            aggregateId: event.id,
            occurredAt: new Date().toISOString(),
          }
          await handlers['event.changed']?.(tx, {
            ...about,
            payload: { ...facts, refundUntil: null, cancellationReason: null } as never,
          })
        })
      const waiting = () =>
        story.sql(
          `SELECT cause, data->'timeChanged' AS time, data->'placeChanged' AS place, not_before > now() + interval '50 seconds' AS later
            FROM announcements WHERE kind = 'EVENT_CHANGED' AND event_id = '${event.id}' AND done_at IS NULL ORDER BY id`,
        )
      return { id: event.id, changes, waiting }
    }

    const moved = await approved()
    await moved.changes(later(24))
    await moved.changes({ roomId: newId() })
    await moved.changes({ ...later(48), title: 'Malam Keroncong II' })
    expect(await moved.waiting()).toEqual([{ cause: `${moved.id} 5`, time: true, place: true, later: true }])
    // Once somebody has begun to tell it, what comes is told after it.
    await story.sql(
      `UPDATE announcements SET attempts = 1 WHERE event_id = '${moved.id}' AND kind = 'EVENT_CHANGED'`,
    )
    await moved.changes({ roomId: null })
    expect(await moved.waiting()).toEqual([
      { cause: `${moved.id} 5`, time: true, place: true, later: true },
      { cause: `${moved.id} 6`, time: false, place: true, later: true },
    ])

    const back = await approved()
    await back.changes(later(24))
    await back.changes({ startsAt, endsAt: inHours(242) })
    expect(await back.waiting()).toEqual([])

    const off = await approved()
    await off.changes(later(24))
    await off.changes({ status: 'CANCELLED' })
    expect(await off.waiting()).toEqual([])

    await story.sql('UPDATE announcements SET not_before = now() WHERE done_at IS NULL')
    await settled()
    expect((await toldTo(siti)).toSorted()).toEqual([
      ['EVENT_CANCELLED', 'Malam Keroncong is cancelled'],
      ['EVENT_CHANGED', 'Malam Keroncong II has a new place'],
      ['EVENT_CHANGED', 'Malam Keroncong II has a new time and place'],
    ])
  })

  it('does not keep people waiting for their tickets while a crowd is told of it', async () => {
    const siti = await story.signUp()
    const event = newEvent()
    await event.is({})
    await settled()
    await story.sql(`WITH new AS (INSERT INTO users (id, email, name) SELECT uuidv7(), 'many' || n || '-${event.id}@karcis.test', 'Crowd'
        FROM generate_series(1, 2000) n RETURNING id)
      INSERT INTO wishlist_items (id, user_id, event_id) SELECT uuidv7(), id, '${event.id}' FROM new`)
    const about = { eventId: event.id, data: { left: 5 } }
    await transaction(story.subgraph.deps.db, (tx) =>
      insertAnnouncements(tx, [
        { ...about, kind: 'ALMOST_SOLD_OUT', cause: event.id, audience: 'WISHERS' },
        {
          ...about,
          kind: 'TICKET_RESOLD',
          cause: event.id,
          audience: 'USERS',
          userIds: [siti.id],
          data: { ticketId: newId() },
        },
      ]),
    )
    await settled()
    // By when each was told: beside the first pieces of the crowd.
    const [told] = await story.sql<{ before: number }>(
      `SELECT count(*)::int AS before FROM notifications crowd JOIN notifications hers ON hers.cause = crowd.cause
        WHERE crowd.cause = '${event.id}' AND crowd.kind = 'ALMOST_SOLD_OUT' AND hers.user_id = '${siti.id}' AND crowd.created_at < hers.created_at`,
    )
    expect(told?.before).toBeLessThanOrEqual(500)
  })

  it('of which nothing is known here is asked for, also when its subgraph is away at first', async () => {
    const siti = await story.signUp()
    const { endsAt, startsAt, is: _, ...facts } = newEvent()
    story.neighbours.eventsForSale.set(facts.id, { ...facts, status: 'APPROVED', startsAt, endsAt })
    story.neighbours.away = true
    const payload = {
      bookingId: newId(),
      userId: siti.id,
      eventId: facts.id,
      ticketIds: [newId(), newId()],
      totalPrice: 300_000,
      currency: 'IDR',
    }
    await tell(story.subgraph, 'booking', {
      type: 'booking.tickets-issued',
      aggregateId: payload.bookingId,
      payload,
    })
    await eventually(async () =>
      expect(
        await story.sql('SELECT attempts FROM announcements WHERE done_at IS NULL AND attempts > 1'),
      ).toHaveLength(1),
    )
    story.neighbours.away = false
    await settled()
    expect(await toldTo(siti)).toEqual([['PURCHASE', 'Your tickets for Malam Keroncong']])
    const { data } = await siti.ask(
      '{ notifications(first: 1) { edges { node { facts { label value } action { url } event { id } } } } }',
    )
    expect(data.notifications.edges[0].node).toEqual({
      facts: [
        { label: 'When', value: expect.stringMatching(/\(WIB|GMT\+7\)$/) },
        { label: 'Where', value: 'Gedung Kesenian, Jalan Merdeka 1, Bandung' },
        { label: 'Tickets', value: '2' },
        { label: 'Total', value: expect.stringMatching(/^IDR\s300,000$/) },
      ],
      action: { url: `http://localhost:4000/bookings/${payload.bookingId}` },
      event: { id: facts.id },
    })
  })
})

it('whatever others tell of reaches whom it concerns, in both languages', async () => {
  const [siti, budi, admin] = [await story.signUp('Siti'), await story.signUp('Budi'), await story.admin()]
  await siti.ask('mutation ($id: ID!) { updateUser(input: { id: $id, language: ID }) { id } }', {
    id: siti.id,
  })
  const event = newEvent()
  await event.is({})
  await siti.ask('mutation ($id: ID!) { addToWishlist(eventId: $id) { id } }', { id: event.id })
  const of = { eventId: event.id, bookingId: newId() }
  const money = { amount: 150_000, currency: 'IDR' }
  const request = {
    ...of,
    ...money,
    requestId: newId(),
    userId: siti.id,
    organizerId: organizer.id,
    reviewBy: inHours(72).toISOString(),
    message: null,
  }
  const payout = {
    payoutId: newId(),
    organizerId: organizer.id,
    ...money,
    accountEnding: '4711',
    message: null,
  }
  const entry = { ...of, entryId: newId(), userId: siti.id, ticketTypeId: newId() }
  const news: [from: 'event' | 'booking' | 'ticket', type: string, payload: object][] = [
    [
      'event',
      'event.reviewed',
      { ...of, organizerId: organizer.id, version: 2, decision: 'REJECTED', message: 'No place yet.' },
    ],
    [
      'booking',
      'booking.payment-awaited',
      { ...of, userId: siti.id, amount: 150_000, currency: 'IDR', payUntil: inHours(24).toISOString() },
    ],
    ['booking', 'booking.refund-reviewed', { ...request, step: 'REQUESTED' }],
    ['booking', 'booking.refund-reviewed', { ...request, step: 'APPROVED' }],
    ['booking', 'booking.refund-reviewed', { ...request, step: 'REJECTED', message: 'Used.' }],
    [
      'booking',
      'booking.changed',
      {
        ...of,
        userId: siti.id,
        status: 'PARTIALLY_REFUNDED',
        refundedAmount: 50_000,
        currency: 'IDR',
        refundReason: null,
      },
    ],
    [
      'booking',
      'booking.changed',
      {
        ...of,
        userId: siti.id,
        status: 'REFUNDED',
        refundedAmount: 150_000,
        currency: 'IDR',
        refundReason: 'The places were gone before the tickets could be issued.',
      },
    ],
    [
      'booking',
      'booking.changed',
      { ...of, userId: siti.id, status: 'CANCELLED', refundedAmount: 0, currency: 'IDR', refundReason: null },
    ],
    ['booking', 'booking.payout-ended', { ...payout, status: 'PAID' }],
    ['booking', 'booking.payout-ended', { ...payout, status: 'FAILED', message: 'Account closed.' }],
    [
      'booking',
      'booking.webhook-disabled',
      { endpointId: newId(), organizerId: organizer.id, url: 'https://example.org/hook', reason: 'FAILING' },
    ],
    ['booking', 'booking.refunds-hanging', { day: '2026-11-26', count: 3 }],
    [
      'ticket',
      'ticket.waitlist-offered',
      { ...entry, holdId: newId(), places: 1, quantity: 2, expiresAt: inHours(1).toISOString() },
    ],
    ['ticket', 'ticket.waitlist-expired', entry],
    ['ticket', 'ticket.almost-sold-out', { eventId: event.id, left: 7 }],
    [
      'ticket',
      'ticket.transferred',
      { ...of, ticketId: newId(), newTicketId: newId(), fromUserId: siti.id, toUserId: budi.id },
    ],
    [
      'ticket',
      'ticket.resold',
      { ...of, ticketId: newId(), ordinal: 0, refundId: newId(), ownerId: siti.id },
    ],
    [
      'ticket',
      'ticket.guest-invited',
      { ...of, guestId: newId(), ticketId: newId(), userId: budi.id, name: 'Budi', email: budi.email },
    ],
    [
      'ticket',
      'ticket.guest-invited',
      { ...of, guestId: newId(), ticketId: newId(), userId: null, name: 'Rina', email: 'rina@karcis.test' },
    ],
  ]
  const before = (await kindsTo(organizer)).length
  for (const [from, type, payload] of news)
    for (const id of [newId(), newId()])
      await tell(story.subgraph, from, { id, type, aggregateId: newId(), payload }) // two tell of the same
  await settled()
  const all = await toldTo(siti)
  expect(all.filter(([kind]) => kind === 'ALMOST_SOLD_OUT')).toHaveLength(1) // as one of a crowd, beside the others
  const toSiti = all.filter(([kind]) => kind !== 'ALMOST_SOLD_OUT')
  expect(toSiti.map(([kind]) => kind)).toEqual([
    'PAYMENT_AWAITED',
    'REFUND_REQUESTED',
    'REFUND_APPROVED',
    'REFUND_REJECTED',
    'REFUND_PAID',
    'REFUND_PAID',
    'WAITLIST_OFFER',
    'WAITLIST_EXPIRED',
    'TICKET_SENT',
    'TICKET_RESOLD',
  ])
  expect(toSiti[4]).toEqual(['REFUND_PAID', 'Dana untuk Malam Keroncong dikembalikan'])
  expect(toSiti[8]).toEqual(['TICKET_SENT', 'Tiket Anda untuk Malam Keroncong kini milik Budi'])
  expect(await toldTo(budi)).toEqual([
    ['TICKET_RECEIVED', 'Siti has given you a ticket for Malam Keroncong'],
    ['GUEST_INVITED', 'You are invited to Malam Keroncong'],
  ])
  expect(await story.told('rina@karcis.test')).toEqual(['GUEST_EXPECTED'])
  expect((await kindsTo(organizer)).slice(before).filter((kind) => kind !== 'WEBHOOK_DISABLED')).toEqual([
    'EVENT_REVIEWED',
    'REFUND_TO_REVIEW',
    'PAYOUT_PAID',
    'PAYOUT_FAILED',
    'SELLING_OUT',
  ])
  expect([...new Set(await kindsTo(admin))].toSorted()).toEqual([
    'SYSTEM_REFUNDS_HANGING',
    'SYSTEM_WEBHOOK_DISABLED',
  ])
})

describe('a crowd', () => {
  const people = 1_100
  /** So many people who have one event on their wishlist, and an announcement to them that nobody has begun with. */
  async function crowd(): Promise<{ eventId: string; due: Announcement }> {
    const event = newEvent()
    await event.is({})
    await settled()
    await story.sql(`WITH new AS (INSERT INTO users (id, email, name) SELECT uuidv7(), 'crowd' || n || '-${event.id}@karcis.test', 'Crowd'
        FROM generate_series(1, ${people}) n RETURNING id)
      INSERT INTO wishlist_items (id, user_id, event_id) SELECT uuidv7(), id, '${event.id}' FROM new`)
    const due = await transaction(story.subgraph.deps.db, async (tx) => {
      await insertAnnouncements(tx, [
        {
          kind: 'ALMOST_SOLD_OUT',
          cause: event.id,
          audience: 'WISHERS',
          eventId: event.id,
          data: { left: 5 },
        },
      ])
      const [row] = await tx.$queryRaw<
        Announcement[]
      >`UPDATE announcements SET not_before = now() + interval '1 hour'
        WHERE cause = ${event.id} AND kind = 'ALMOST_SOLD_OUT' RETURNING id, kind, cause, audience, event_id AS "eventId", user_ids AS "userIds", data, position, attempts, not_after AS until`
      return row as Announcement
    })
    return { eventId: event.id, due }
  }
  const count = async (eventId: string) => {
    const [row] = await story.sql(`SELECT count(*)::int AS told, count(DISTINCT user_id)::int AS people,
      (SELECT count(*)::int FROM deliveries d JOIN notifications n ON n.id = d.notification_id WHERE n.cause = '${eventId}') AS deliveries
      FROM notifications WHERE cause = '${eventId}'`)
    return row
  }

  it('is told in pages, each once, although whoever tells them dies in between and two go on at once', async () => {
    const { eventId, due } = await crowd()
    const { deps } = story.subgraph
    await announce(deps, due, 1) // and dies after its first page; the process itself may have gone on with another by now
    const first = await count(eventId)
    expect(first.told).toBeGreaterThanOrEqual(500)
    expect(first).toEqual({ told: first.told, people: first.told, deliveries: first.told })
    const [left] = await story.sql(`SELECT position FROM announcements WHERE id = '${due.id}'`)
    // Whoever believes that nothing was told yet tells nobody; the others go on from there.
    await Promise.all([
      announce(deps, due),
      ...[1, 2, 3].map(() => announce(deps, { ...due, position: left.position })),
    ])
    expect(await count(eventId)).toEqual({ told: people, people, deliveries: people })
    expect(
      await story.sql(`SELECT done_at IS NOT NULL AS done FROM announcements WHERE id = '${due.id}'`),
    ).toEqual([{ done: true }])
  })

  it('is told in small pieces while somebody buys, one at a time of a process, each followed by a rest', async () => {
    const { eventId, due } = await crowd()
    const { deps } = story.subgraph
    await story.sql(`DELETE FROM announcements WHERE kind = 'PURCHASE'`) // what others have bought just now
    const pieces = async () =>
      (
        await story.sql<{ n: number }>(
          `SELECT count(*)::int AS n FROM notifications WHERE cause = '${eventId}' GROUP BY created_at ORDER BY 1 DESC`,
        )
      ).map(({ n }) => n)
    await announce(deps, due, 1)
    expect(await pieces()).toEqual([100, 100, 100, 100, 100])
    await story.sql(`DELETE FROM notifications WHERE cause = '${eventId}'`)
    await story.sql(`UPDATE announcements SET position = NULL WHERE id = '${due.id}'`)
    const bought = () =>
      transaction(deps.db, (tx) =>
        insertAnnouncements(tx, [
          { kind: 'PURCHASE', cause: newId(), audience: 'USERS', eventId, userIds: [], data: {} },
        ]),
      )
    await bought()
    const buying = setInterval(() => void bought(), 1_000)
    try {
      await announce(deps, due, 1)
    } finally {
      clearInterval(buying)
    }
    expect(await pieces()).toEqual(Array(20).fill(25))
  })

  it('hears of one thing after the other, also from two processes', async () => {
    const event = newEvent()
    await event.is({})
    await settled()
    const { db } = story.subgraph.deps
    const about = { audience: 'HOLDERS', eventId: event.id, data: {}, afterSeconds: 30 } as const
    await transaction(db, (tx) =>
      insertAnnouncements(tx, [
        { ...about, kind: 'EVENT_CHANGED', cause: `${event.id} 2` },
        { ...about, kind: 'EVENT_CANCELLED', cause: event.id },
      ]),
    )
    const take = (using: typeof db) =>
      transaction(using, async (tx) => {
        await tx.$executeRaw`UPDATE announcements SET not_before = now() WHERE event_id = ${event.id}::uuid AND attempts = 0`
        const taken = await takeDueAnnouncements(tx, ['HOLDERS'], 10)
        return taken.map(({ kind }) => kind)
      })
    expect(await take(db)).toEqual(['EVENT_CHANGED'])
    expect(await take(db)).toEqual([]) // while the change is being told
    const mutant = mutantOf(db, 'older.id < due.id', 'false')
    expect(await take(mutant.db)).toEqual(['EVENT_CANCELLED'])
    await story.sql(`DELETE FROM announcements WHERE event_id = '${event.id}'`)
  })

  it('would be told twice of one cause, were it not for its place in the list and notifications_once', async () => {
    const { eventId, due } = await crowd()
    const { deps } = story.subgraph
    const twice = async (db: typeof deps.db) => {
      await announce({ ...deps, db }, due)
      await announce({ ...deps, db }, due)
    }
    await story.sql('ALTER TABLE notifications DROP CONSTRAINT notifications_once')
    try {
      const first = mutantOf(
        deps.db,
        'AND done_at IS NULL AND position IS NOT DISTINCT FROM',
        'AND now() IS NOT NULL OR false AND id IS NOT DISTINCT FROM',
      )
      const second = mutantOf(
        first.db,
        'WHERE NOT EXISTS (SELECT FROM notifications told WHERE told.user_id = new.user_id AND told.kind = new.kind AND told.cause = new.cause)',
      )
      await twice(second.db)
      expect((await count(eventId)).told).toBeGreaterThan(people)
    } finally {
      await story.sql(`DELETE FROM notifications WHERE cause = '${eventId}'`)
      await story.sql(
        'ALTER TABLE notifications ADD CONSTRAINT notifications_once UNIQUE (user_id, kind, cause)',
      )
    }
  })
})
