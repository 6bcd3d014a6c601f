import { setTimeout as sleep } from 'node:timers/promises'
import { transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import { untilBlocked } from '@karcis/testkit/blocked-sessions'
import { eventually } from '@karcis/testkit/eventually'
import { mutantOf } from '@karcis/testkit/mutants'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { OutgoingMessage } from '../src/domain/notifications/channels/channel.ts'
import {
  lockPace,
  moveToSent,
  takeDue,
  updatePace,
  updateTried,
} from '../src/domain/notifications/deliveries/delivery-store.ts'
import {
  type DispatcherDeps,
  dispatchDeliveries,
} from '../src/domain/notifications/deliveries/dispatch-deliveries.ts'
import { type Notice, type NoticeOf, notify } from '../src/domain/notifications/notify.ts'
import { type Person, type Story, startStory } from './stories.ts'

let story: Story
let siti: Person
let people: string[]
beforeAll(async () => {
  story = await startStory()
  siti = await story.signUp('Siti')
  const crowd = await story.sql<{ id: string }>(
    `INSERT INTO users (id, email, name) SELECT uuidv7(), 'crowd' || n || '@karcis.test', 'Crowd' FROM generate_series(1, 100) n RETURNING id`,
  )
  people = crowd.map(({ id }) => id)
  await story.sql('DELETE FROM notifications') // the mail of her sign-up
})
afterAll(() => story[Symbol.asyncDispose]())
afterEach(async () => {
  await story.sql('DELETE FROM notifications')
  await story.sql('DELETE FROM dead_addresses')
  await story.sql('DELETE FROM quiet_hours')
})

const notice = (cause: string, more: Partial<Omit<NoticeOf<'PROPOSAL_REVIEWED'>, 'kind'>> = {}): Notice => ({
  userId: siti.id,
  kind: 'PROPOSAL_REVIEWED',
  cause,
  data: { proposalId: newId(), name: cause, decision: 'APPROVED', message: null },
  ...more,
})
const tell = (...notices: Notice[]) => transaction(story.subgraph.deps.db, (tx) => notify(tx, notices))
const many = (count: number) => Array.from({ length: count }, (_, n) => notice(`N${n}`))
/** So many notices, each to somebody else. */
const toMany = (count: number) => people.slice(0, count).map((userId, n) => notice(`N${n}`, { userId }))
const setPriority = (priority: number, cause = '%') =>
  story.sql(
    `UPDATE deliveries SET priority = ${priority} WHERE notification_id IN (SELECT id FROM notifications WHERE cause LIKE '${cause}')`,
  )
const rows = (columns: string) => story.sql(`SELECT ${columns} FROM deliveries ORDER BY seq`)

const RATE = { all: 0.1, campaigns: 0.1 }
const ONE = { all: 1, campaigns: 1 }

/** A channel of this test, and what came by it. */
function receiver(behave: (message: OutgoingMessage) => Promise<'SENT' | 'GONE'> = async () => 'SENT') {
  const received: { id: string; subject: string; at: number }[] = []
  return {
    received,
    names: () => received.map(({ subject }) => subject.split(' ')[0]),
    channel: {
      name: 'EMAIL' as const,
      send(message: OutgoingMessage) {
        received.push({ id: message.id, subject: message.wording.subject, at: performance.now() })
        return behave(message)
      },
    },
  }
}

/** Sends by that channel until it is disposed of, as a process does. */
function dispatch(
  { channel }: ReturnType<typeof receiver>,
  {
    perSecond = 1_000,
    campaignsPerSecond = 1_000,
    attempts = 3,
    ...deps
  }: Partial<DispatcherDeps> & { perSecond?: number; campaignsPerSecond?: number; attempts?: number } = {},
) {
  const dispatcher = dispatchDeliveries(
    { ...story.subgraph.deps, ...deps, channels: [channel] },
    { perSecond: { EMAIL: perSecond, PUSH: 1, SMS: 1 }, campaignsPerSecond, attempts },
  )
  return { [Symbol.asyncDispose]: () => dispatcher.close() }
}

const allSent = () =>
  eventually(async () =>
    expect(await rows('id').then((all) => all.length)).toBe(
      (await story.sql("SELECT id FROM deliveries WHERE state = 'SENT'")).length,
    ),
  )

describe('a burst', () => {
  it('leaves in order, at the rate of the channel over all processes, and lets what is urgent go before it', async () => {
    await tell(...toMany(100))
    await setPriority(2)
    await story.sql('UPDATE delivery_paces SET next_at = now()')
    const mails = receiver()
    const began = performance.now()
    {
      await using _one = dispatch(mails, { perSecond: 50 })
      await using _two = dispatch(mails, { perSecond: 50 })
      await eventually(() => expect(mails.received.length).toBeGreaterThan(30))
      await tell(notice('Urgent'))
      await setPriority(0, 'Urgent')
      await allSent()
    }
    const took = (performance.now() - began) / 1_000
    expect(mails.received).toHaveLength(101)
    expect(took).toBeGreaterThan((101 - 51) / 50 - 0.1) // no more than a second's worth ahead of the rate
    const urgent = mails.names().indexOf('Urgent')
    expect(urgent).toBeLessThan(90)
    const others = mails.names().filter((name) => name !== 'Urgent')
    // Two processes that are handed what is next one after the other: what one sends at the same time as the other may be a little ahead.
    const ahead = others.map((name, at) => Math.abs(Number(name?.slice(1)) - at))
    expect(Math.max(...ahead)).toBeLessThanOrEqual(50)
  })

  it('would be faster than its rate, were the pace not locked by whoever hands out', async () => {
    const handOut = async (db: Story['subgraph']['deps']['db']) => {
      await story.sql('DELETE FROM notifications')
      await tell(...toMany(60))
      await story.sql(
        "UPDATE delivery_paces SET next_at = now() + interval '10 seconds' - interval '10 seconds'",
      )
      const taken = await Promise.all(
        Array.from({ length: 4 }, (_, n) =>
          transaction(db, async (tx) => {
            const slots = await lockPace(tx, 'EMAIL', RATE)
            await tx.$queryRaw`SELECT pg_sleep(${n * 0.08})::text`
            const due = await takeDue(tx, 'EMAIL', slots, { all: 10, rest: 10, campaigns: 10 })
            await updatePace(tx, 'EMAIL', RATE, { all: due.length, campaigns: 0 })
            return due.length
          }),
        ),
      )
      return taken.reduce((sum, count) => sum + count, 0)
    }
    const { db } = story.subgraph.deps
    expect(await handOut(db)).toBe(1)
    const mutant = mutantOf(db, '::channel FOR UPDATE', '::channel')
    expect(await handOut(mutant.db)).toBeGreaterThan(1)
    await story.sql('UPDATE delivery_paces SET next_at = now()')
  })
})

describe('two processes', () => {
  it('send each thing once; and what one took and died with, the other sends as the same message', async () => {
    const mails = receiver()
    await tell(...toMany(60))
    {
      await using _one = dispatch(mails)
      await using _two = dispatch(mails)
      await allSent()
    }
    expect(new Set(mails.names()).size).toBe(60)
    expect(mails.received).toHaveLength(60)

    await tell(notice('Died'))
    const [taken] = await transaction(story.subgraph.deps.db, (tx) =>
      takeDue(tx, 'EMAIL', ONE, { ...ONE, rest: 1 }),
    )
    expect(taken).toBeDefined()
    const rest = await transaction(story.subgraph.deps.db, (tx) =>
      takeDue(tx, 'EMAIL', ONE, { ...ONE, rest: 1 }),
    )
    expect(rest).toEqual([]) // while its lease lasts
    await story.sql("UPDATE deliveries SET not_before = now() WHERE state = 'WAITING'")
    await using _two = dispatch(mails)
    await allSent()
    expect(mails.received.at(-1)).toMatchObject({ id: taken?.id })
    // The one that died comes back: what it says of its attempt counts no more.
    await transaction(story.subgraph.deps.db, (tx) =>
      updateTried(tx, { id: taken?.id ?? '', attempt: 1 }, 'late', 5),
    )
    expect((await rows('state::text, attempts')).at(-1)).toEqual({ state: 'SENT', attempts: 2 })
  })

  it('would both send it without the condition on not_before', async () => {
    /** Both find it free, and wait for the one who has its row. */
    const twice = async (db: Story['subgraph']['deps']['db']): Promise<number> => {
      const take = () => transaction(db, (tx) => takeDue(tx, 'EMAIL', ONE, { ...ONE, rest: 1 }))
      const takers = await story.subgraph.deps.db.$transaction(async (tx) => {
        await tx.$queryRaw`SELECT id FROM deliveries WHERE state = 'WAITING' FOR UPDATE`
        const begun = [take(), take()]
        await untilBlocked(tx, begun.length)
        return begun.map((taken) => taken.then(({ length }) => length))
      })
      return (await Promise.all(takers)).reduce((all, one) => all + one, 0)
    }
    await tell(notice('Once'))
    expect(await twice(story.subgraph.deps.db)).toBe(1)
    await story.sql('UPDATE deliveries SET not_before = now()')
    const mutant = mutantOf(story.subgraph.deps.db, 'AND delivery.not_before <= now()')
    expect(await twice(mutant.db)).toBe(2)
    expect(mutant.met.count).toBeGreaterThan(0)
  })
})

describe('messages of one person', () => {
  const room = { all: 10, rest: 10, campaigns: 10 }
  type Db = Story['subgraph']['deps']['db']
  const take = (db: Db = story.subgraph.deps.db) =>
    transaction(db, (tx) => takeDue(tx, 'EMAIL', { all: 10, campaigns: 10 }, room))
  const causes = (taken: Awaited<ReturnType<typeof take>>) =>
    taken.map(({ data }) => (data as { name: string }).name)
  const withoutOrder = () => mutantOf(story.subgraph.deps.db, 'older.seq < head.seq', 'false')

  it('leave one after the other, and would not, were an older one not looked for', async () => {
    const someone = people[0] ?? ''
    const begin = () => tell(notice('First'), notice('Second'), notice('Other', { userId: someone }))
    await begin()
    const { db } = story.subgraph.deps
    const [first, other] = await take()
    expect(causes([first, other].flatMap((one) => one ?? []))).toEqual(['First', 'Other'])
    expect(await take()).toEqual([]) // while the first is under way
    await transaction(db, (tx) => moveToSent(tx, first?.id ?? ''))
    expect(causes(await take())).toEqual(['Second'])

    await story.sql('DELETE FROM notifications')
    await begin()
    const mutant = withoutOrder()
    expect(causes(await take(mutant.db))).toEqual(['First', 'Second', 'Other'])
    expect(mutant.met.count).toBe(1)
  })

  it('wait for what is tried again at once, and not for minutes; nor for another priority or address', async () => {
    const { db } = story.subgraph.deps
    await tell(notice('First'), notice('Second'))
    const [first] = await take()
    if (!first) throw new Error('it is due')
    await transaction(db, (tx) => updateTried(tx, first, '451', 45))
    expect(await take()).toEqual([])
    await transaction(db, (tx) => updateTried(tx, first, '451', 135))
    expect(causes(await take())).toEqual(['Second'])
    await tell(notice('Third'), notice('Urgent'), notice('Elsewhere'))
    await setPriority(0, 'Urgent')
    await story.sql(
      `UPDATE deliveries SET address = 'elsewhere@karcis.test' WHERE notification_id = (SELECT id FROM notifications WHERE cause = 'Elsewhere')`,
    )
    expect(causes(await take())).toEqual(['Urgent', 'Elsewhere'])
  })

  it('come in their order from two processes, however long each takes', async () => {
    const from = async (db: Db) => {
      await story.sql('DELETE FROM notifications')
      await tell(...many(12))
      const ended: number[] = []
      const mails = receiver(async ({ wording }) => {
        const n = Number(wording.subject.split(' ')[0]?.slice(1))
        await sleep(n % 3 === 0 ? 60 : 5)
        ended.push(n)
        return 'SENT'
      })
      await using _one = dispatch(mails, { db })
      await using _two = dispatch(mails, { db })
      await allSent()
      return ended
    }
    const inOrder = Array.from({ length: 12 }, (_, n) => n)
    expect(await from(story.subgraph.deps.db)).toEqual(inOrder)
    const mixed = await from(withoutOrder().db)
    expect(mixed.toSorted((one, other) => one - other)).toEqual(inOrder)
    expect(mixed).not.toEqual(inOrder)
  })
})

describe('what does not get through', () => {
  it('is tried again after pauses, and given up with the reason; its token is wiped', async () => {
    const mails = receiver(() => Promise.reject(new Error('451 try again later')))
    const { messageSealer } = story.subgraph.deps
    await tell(notice('Never', { secret: messageSealer.seal('a token') }))
    await using _ = dispatch(mails, { attempts: 2 })
    await eventually(async () =>
      expect(
        await rows(
          "attempts, state::text, reason, secret IS NOT NULL AS sealed, not_before > now() + interval '1 second' AS later",
        ),
      ).toEqual([
        { attempts: 1, state: 'WAITING', reason: '451 try again later', sealed: true, later: true },
      ]),
    )
    await story.sql('UPDATE deliveries SET not_before = now()')
    await eventually(async () =>
      expect(await rows('attempts, state::text, reason, secret')).toEqual([
        { attempts: 2, state: 'DEAD', reason: '451 try again later', secret: null },
      ]),
    )
    expect(new Set(mails.received.map(({ id }) => id)).size).toBe(1)
  })

  it('ends the address that is gone, for all that waits and all to come', async () => {
    const mails = receiver(async () => 'GONE')
    await tell(...many(2))
    await story.sql(
      "UPDATE deliveries SET not_before = now() + interval '1 hour' WHERE seq = (SELECT max(seq) FROM deliveries)",
    )
    await using _ = dispatch(mails)
    await eventually(async () =>
      expect(await rows('state::text, reason')).toEqual([
        { state: 'DEAD', reason: 'GONE' },
        { state: 'DEAD', reason: 'GONE' },
      ]),
    )
    await tell(notice('Later'))
    expect(await rows('id')).toHaveLength(2)
    expect(mails.received).toHaveLength(1)
  })

  it('is not sent any more when it is of no use', async () => {
    const mails = receiver()
    await tell(
      notice('Late', { until: new Date(Date.now() - 1_000) }),
      notice('Timely', { until: new Date(Date.now() + 60_000) }),
    )
    await using _ = dispatch(mails)
    await eventually(async () =>
      expect(await rows('state::text, reason')).toEqual([
        { state: 'DEAD', reason: 'TOO_LATE' },
        { state: 'SENT', reason: null },
      ]),
    )
    expect(mails.names()).toEqual(['Timely'])
  })
})

describe('quiet hours', () => {
  const clock = async (minutes: number) =>
    (
      await story.sql<{ at: string }>(
        `SELECT to_char(now() AT TIME ZONE 'Asia/Jakarta' + interval '${minutes} minutes', 'HH24:MI') AS at`,
      )
    )[0]?.at

  it('keep what can wait until they end, and nothing else', async () => {
    await story.sql(
      `INSERT INTO quiet_hours VALUES ('${siti.id}', '${await clock(-60)}', '${await clock(60)}')`,
    )
    await tell(...many(3))
    await setPriority(2, 'N1')
    const mails = receiver()
    {
      await using _ = dispatch(mails)
      await eventually(async () =>
        expect(
          await rows("state::text, not_before > now() + interval '50 minutes' AS later, attempts"),
        ).toEqual([
          { state: 'SENT', later: false, attempts: 1 },
          { state: 'WAITING', later: true, attempts: 0 },
          { state: 'SENT', later: false, attempts: 1 },
        ]),
      )
    }
    await story.sql('DELETE FROM quiet_hours')
    await story.sql('UPDATE deliveries SET not_before = now()')
    await using _ = dispatch(mails)
    await allSent()
    expect(mails.names()).toEqual(['N0', 'N2', 'N1'])
  })

  it.for([
    ['22:00', '06:00', '2026-11-26 23:30+07', '2026-11-27 06:00+07'],
    ['22:00', '06:00', '2026-11-27 05:59+07', '2026-11-27 06:00+07'],
    ['22:00', '06:00', '2026-11-27 06:00+07', null],
    ['13:00', '14:00', '2026-11-27 13:00+07', '2026-11-27 14:00+07'],
    ['13:00', '14:00', '2026-11-27 12:59+07', null],
  ] as const)('from %s to %s, at %s, end at %s', async ([starts, ends, at, end]) => {
    const [found] = await story.sql(
      `SELECT quiet_until('${starts}', '${ends}', 'Asia/Jakarta', '${at}') IS NOT DISTINCT FROM ${end ? `'${end}'::timestamptz` : 'NULL'} AS right`,
    )
    expect(found).toEqual({ right: true })
  })
})

it('what was sent stays sent, whatever is said of it later', async () => {
  await tell(notice('Sent'))
  const { db } = story.subgraph.deps
  const [taken] = await transaction(db, (tx) => takeDue(tx, 'EMAIL', ONE, { ...ONE, rest: 1 }))
  const id = taken?.id ?? ''
  await transaction(db, (tx) => moveToSent(tx, id))
  await transaction(db, (tx) => updateTried(tx, { id, attempt: 1 }, 'late', null))
  expect(await rows('state::text, reason')).toEqual([{ state: 'SENT', reason: null }])
})
