import { setTimeout as sleep } from 'node:timers/promises'
import { RESERVE_PLACES, RESIZE_HOLD } from '@karcis/kit/contracts/bound-hold'
import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { eventually } from '@karcis/testkit/eventually'
import type { Loose } from '@karcis/testkit/gql'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { admitNext } from '../src/domain/waiting-room/admit.ts'
import { drawnPlace } from '../src/domain/waiting-room/queue.ts'
import { findQueuesOfEvents } from '../src/domain/waiting-room/queue-store.ts'
import { takeOutGuard } from './races.ts'
import { eventFacts, type Process, type Story, startStory } from './stories.ts'

const POSITION = 'eventId status position waiting estimatedSeconds opensAt admittedUntil pass'
const WATCH = `subscription ($eventId: ID!) { queuePositionChanged(eventId: $eventId) { ${POSITION} } }`
const HOUR = 3_600_000

/** An instant so many milliseconds from now. */
const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString()

const people = (count: number): Viewer[] => Array.from({ length: count }, () => person())

/** Words for what people do in a waiting room. */
function queueing(story: Story) {
  const say = (name: string) => `mutation ($eventId: ID!) { ${name}(eventId: $eventId) { ${POSITION} } }`
  const join = (viewer: Viewer | null, eventId: string, process: Process = story) =>
    process.ask(viewer, say('joinQueue'), { eventId })
  const position = async (viewer: Viewer, eventId: string, process: Process = story) => {
    const query = `query ($eventId: ID!) { queuePosition(eventId: $eventId) { ${POSITION} } }`
    const { data, code } = await process.ask(viewer, query, { eventId })
    if (code) throw new Error(code)
    return data.queuePosition
  }
  return {
    join,
    set: (eventId: string, terms: Record<string, unknown> = {}, viewer: Viewer = story.organizer) =>
      story.ask(
        viewer,
        'mutation ($input: SetQueueInput!) { setQueue(input: $input) { eventId enabled opensAt admitPerMinute waiting admitted } }',
        { input: { eventId, ...terms } },
      ),
    leave: (viewer: Viewer, eventId: string) => story.ask(viewer, say('leaveQueue'), { eventId }),
    position,
    /** Joins and waits for their turn. @returns their pass. */
    async pass(viewer: Viewer, eventId: string): Promise<string> {
      await join(viewer, eventId)
      return eventually(async () => {
        const { status, pass } = await position(viewer, eventId)
        expect(status).toBe('ADMITTED')
        return pass
      })
    },
    queue: async (eventId: string) => {
      const queue = (await findQueuesOfEvents(story.deps.db, [eventId])).get(eventId)
      if (!queue) throw new Error('no queue')
      return queue
    },
    admitted: async (): Promise<number> =>
      (await story.sql<{ n: number }>('SELECT count(*)::int AS n FROM queue_admissions'))[0]?.n ?? 0,
  }
}

/** Nobody of this process admits or informs by themselves from now on: tests do, when they want. */
function stopTurns({ deps }: Process) {
  deps.waitingRoom.close()
  return { db: deps.db, line: deps.waitingRoom.line, settings: { QUEUE_PASS_SECONDS: 600 } }
}

/** Takes a guard out of the scripts that a process has Redis run. */
function editScripts({ deps: { redis } }: Process, from: string, to: string): { count: number } {
  const met = { count: 0 }
  const run = redis.eval.bind(redis) as (script: string, ...rest: unknown[]) => Promise<unknown>
  Object.assign(redis, {
    eval(script: string, ...rest: unknown[]) {
      if (script.includes(from)) met.count += 1
      return run(script.replace(from, to), ...rest)
    },
  })
  return met
}

/** A subscription of somebody's, by what it tells. */
async function watchAs(process: Process, viewer: Viewer, eventId: string) {
  const watch = await process.watch(WATCH, { eventId }, viewer)
  return {
    completed: watch.completed,
    until: async (fits: (told: Loose) => boolean): Promise<Loose> =>
      (await watch.until(({ data }) => data && fits(data.queuePositionChanged))).data.queuePositionChanged,
  }
}

/** An event whose sale is paused: its waiting room stands still, and who waits keeps their place. */
async function pause(story: Story, eventId: string, salesPaused: boolean, version: number): Promise<void> {
  const told = eventFacts(story.organizer.id, { id: eventId, version, salesPaused })
  story.neighbours.events.set(eventId, told)
  await story.tellOfEvent(told)
}

describe('the gate', () => {
  it('no way to take places gets past it, and all of them do who were admitted, without showing a pass', async () => {
    await using story = await startStory()
    const { set, pass } = queueing(story)
    const { eventId, typeId, seat } = await story.hall(4, 10, { maxOpenPlaces: 50 })
    const standing = await story.ticketType(eventId)
    const buyer = person()
    const before = (await story.holdTickets(buyer, standing, 1)).data.holdTickets.id
    expect((await set(eventId, { admitPerMinute: 60_000 })).data.setQueue).toMatchObject({
      enabled: true,
      admitPerMinute: 60_000,
      waiting: 0,
      admitted: 0,
    })
    const items = [
      { ticketTypeId: standing, quantity: 1 },
      { ticketTypeId: typeId, quantity: 1 },
    ]
    const reserve = (wanted: object) =>
      story.ask(buyer, RESERVE_PLACES, { holdId: newId(), ...wanted }, 'booking')
    const holdItems = (input: object) =>
      story.ask(buyer, 'mutation ($input: HoldItemsInput!) { holdItems(input: $input) { id } }', { input })
    const ways = () => [
      () => story.holdSeats(buyer, eventId, [seat('A1')]),
      () => story.holdBest(buyer, eventId, typeId, 1),
      () => story.holdTickets(buyer, standing, 1),
      () => holdItems({ eventId, seatIds: [seat('C1')], items: items.slice(0, 1) }),
      () => holdItems({ eventId, items }),
      () => story.booking.take(buyer, newId(), standing, 1),
      () => story.booking.takeItems(buyer, newId(), items),
      () => story.booking.quote(buyer, { items }),
      () => reserve({ items }),
      () => reserve({ eventId, seatIds: [seat('B1')] }),
      () => story.ask(buyer, RESIZE_HOLD, { holdId: before, quantity: 2 }, 'booking'),
    ]
    for (const way of ways())
      expect(await way()).toMatchObject({ code: 'QUEUE_REQUIRED', facts: { eventId } })
    // What was held before can be booked.
    expect((await story.booking.quote(buyer, { holdId: before })).code).toBeUndefined()
    await pass(buyer, eventId)
    for (const way of ways()) expect((await way()).code).toBeUndefined()
    // Somebody else still cannot, until there is no waiting room any more.
    const other = person()
    expect((await story.holdTickets(other, standing, 1)).code).toBe('QUEUE_REQUIRED')
    expect((await set(eventId, { enabled: false })).data.setQueue).toMatchObject({
      enabled: false,
      admitted: 1,
    })
    expect((await story.holdTickets(other, standing, 1)).code).toBeUndefined()
    expect((await set(eventId, { enabled: false })).data.setQueue).toBeNull()
  })

  it('a pass is good for one event and one person; forged, expired and borrowed ones open nothing', async () => {
    await using story = await startStory()
    const { set, pass, queue } = queueing(story)
    const [eventId, otherId] = [await story.event(), await story.event()]
    const [typeId, otherType] = [await story.ticketType(eventId), await story.ticketType(otherId)]
    for (const id of [eventId, otherId]) await set(id, { admitPerMinute: 60_000 })
    const [buyer, borrower] = people(2) as [Viewer, Viewer]
    const [own, theirs] = [await pass(buyer, eventId), await pass(borrower, otherId)]
    const hold = (viewer: Viewer, ticketTypeId: string, queuePass: string | null) =>
      story.ask(viewer, 'mutation ($input: HoldTicketsInput!) { holdTickets(input: $input) { id } }', {
        input: { ticketTypeId, quantity: 1, queuePass },
      })
    const { gate } = story.deps.waitingRoom
    const expired = gate.passOf(await queue(eventId), buyer.id, new Date(Date.now() - 1_000))
    const [body = '', mac = ''] = own.split('.')
    const forged = [
      `${body}.${mac.startsWith('A') ? 'B' : 'A'}${mac.slice(1)}`,
      `${Buffer.from(JSON.stringify([Date.now() + HOUR, { queue: newId(), user: buyer.id }])).toString('base64url')}.${mac}`,
      'pass',
      '',
    ]
    for (const refused of [
      ...forged.map((text) => hold(buyer, typeId, text)),
      hold(buyer, typeId, expired),
      hold(borrower, typeId, own),
      hold(borrower, typeId, theirs),
      hold(borrower, typeId, null),
      hold(buyer, otherType, own),
    ])
      expect((await refused).code).toBe('QUEUE_REQUIRED')
    expect((await hold(buyer, typeId, own)).code).toBeUndefined()
    expect((await hold(buyer, typeId, null)).code).toBeUndefined()
    // A waiting room that was ended and begun again is another one.
    await set(eventId, { enabled: false })
    await set(eventId, { admitPerMinute: 60_000 })
    for (const pass of [own, null]) expect((await hold(buyer, typeId, pass)).code).toBe('QUEUE_REQUIRED')
  })

  it('guard of a borrowed admission: without "a.user_id = w.user_id" whoever comes is let in by it', async () => {
    await using story = await startStory()
    const { set, pass } = queueing(story)
    const eventId = await story.event()
    const typeId = await story.ticketType(eventId)
    await set(eventId, { admitPerMinute: 60_000 })
    await pass(person(), eventId)
    const stranger = person()
    expect((await story.holdTickets(stranger, typeId, 1)).code).toBe('QUEUE_REQUIRED')
    const { reads } = story.deps
    const whole = ' AND a.user_id = w.user_id'
    const met = { count: 0 }
    story.deps.reads = {
      $queryRaw(query, ...values) {
        if (query.some((part) => part.includes(whole))) met.count += 1
        const parts = query.map((part) => part.replace(whole, ''))
        return reads.$queryRaw(Object.assign(parts, { raw: parts }), ...values)
      },
    }
    expect((await story.holdTickets(stranger, typeId, 1)).code).toBeUndefined()
    expect(met.count).toBeGreaterThan(0)
  })

  it('only its organizer sets it; terms are checked, and once it has opened its opening stands', async () => {
    await using story = await startStory()
    const { set } = queueing(story)
    const eventId = await story.event()
    expect((await set(eventId, {}, person())).code).toBe('FORBIDDEN')
    expect((await set(eventId, {}, person({ role: 'ORGANIZER' }))).code).toBe('FORBIDDEN')
    expect((await set(newId())).code).toBe('NOT_FOUND')
    for (const terms of [{ admitPerMinute: 0 }, { admitPerMinute: 1_000_001 }, { opensAt: inMs(100 * HOUR) }])
      expect((await set(eventId, terms)).code).toBe('BAD_USER_INPUT')
    const [early, late] = [inMs(HOUR), inMs(2 * HOUR)]
    expect((await set(eventId, { opensAt: late })).data.setQueue.opensAt).toBe(late)
    expect((await set(eventId, { opensAt: early, admitPerMinute: 5 })).data.setQueue.opensAt).toBe(early)
    expect((await set(eventId, { admitPerMinute: 6 })).data.setQueue).toMatchObject({
      opensAt: early,
      admitPerMinute: 6,
    })
    await story.sql("UPDATE queues SET opens_at = now() - interval '1 minute'")
    expect((await set(eventId, { opensAt: late })).code).toBe('CONFLICT')
    expect((await set(eventId, { admitPerMinute: 7 })).data.setQueue.admitPerMinute).toBe(7)
  })
})

describe('the line', () => {
  it('draws those who are there before it opens, whenever they came; later ones come first come, first served', async () => {
    await using story = await startStory()
    const { set, join, leave, position, queue } = queueing(story)
    const eventId = await story.event()
    await story.ticketType(eventId)
    await set(eventId, { opensAt: inMs(HOUR), admitPerMinute: 1 })
    const early = people(40)
    for (const viewer of early) await join(viewer, eventId)
    const [first] = early as [Viewer]
    expect((await join(first, eventId)).data.joinQueue).toMatchObject({
      status: 'BEFORE_OPENING',
      position: null,
      waiting: 40,
      pass: null,
    })
    // Who leaves and comes again is drawn the same.
    expect((await leave(first, eventId)).data.leaveQueue).toMatchObject({
      status: 'NOT_JOINED',
      waiting: null,
    })
    await join(first, eventId)
    await story.sql("UPDATE queues SET opens_at = now() - interval '1 second', admitted_until = now()")
    const late = people(10)
    for (const viewer of late) await join(viewer, eventId)
    const positions = await Promise.all([...early, ...late].map((viewer) => position(viewer, eventId)))
    const { seed } = await queue(eventId)
    const drawn = early.toSorted((a, b) => drawnPlace(seed, a.id) - drawnPlace(seed, b.id))
    expect(drawn).not.toEqual(early)
    for (const [at, viewer] of [...early, ...late].entries()) {
      const expected = (at < 40 ? drawn.indexOf(viewer) : at) + 1
      expect(positions[at]).toMatchObject({
        status: 'WAITING',
        position: expected,
        waiting: 50,
        estimatedSeconds: expected * 60,
      })
    }
  })

  it('joining twice keeps the place; guard: the look whether they are there, without which they go to the end', async () => {
    await using story = await startStory()
    const { set, join, position } = queueing(story)
    const other = await story.join()
    const eventId = await story.event()
    await story.ticketType(eventId)
    await set(eventId, { opensAt: inMs(-1_000), admitPerMinute: 1 })
    await pause(story, eventId, true, 2)
    const waiting = people(5)
    for (const viewer of waiting) await join(viewer, eventId)
    const places = async () =>
      (await Promise.all(waiting.map((viewer) => position(viewer, eventId)))).map((found) => found.position)
    const again = () =>
      Promise.all(
        Array.from({ length: 20 }, (_, at) => join(waiting[1] as Viewer, eventId, at % 2 ? other : story)),
      )
    for (const { data } of await again()) expect(data.joinQueue).toMatchObject({ position: 2, waiting: 5 })
    expect(await places()).toEqual([1, 2, 3, 4, 5])
    const met = editScripts(story, "if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then", 'if true then')
    await again()
    expect(met.count).toBeGreaterThan(0)
    expect(await places()).toEqual([1, 5, 2, 3, 4])
  })

  it('tells whoever watches, at any process, how they move up, and that it is their turn; then it is over', async () => {
    await using story = await startStory()
    const { set, join, leave } = queueing(story)
    const other = await story.join()
    const eventId = await story.event()
    const typeId = await story.ticketType(eventId)
    await set(eventId, { opensAt: inMs(5_000), admitPerMinute: 120 })
    const [ahead, viewer] = people(2) as [Viewer, Viewer]
    const watch = await watchAs(other, viewer, eventId)
    await watch.until(({ status }) => status === 'NOT_JOINED')
    await join(viewer, eventId)
    await watch.until(({ status }) => status === 'BEFORE_OPENING')
    await join(ahead, eventId)
    await leave(ahead, eventId)
    const { pass, admittedUntil } = await watch.until(({ status }) => status === 'ADMITTED')
    expect(Date.parse(admittedUntil)).toBeGreaterThan(Date.now() + 500_000)
    await watch.completed
    const input = { ticketTypeId: typeId, quantity: 1, queuePass: pass }
    const held = await other.ask(
      viewer,
      'mutation ($input: HoldTicketsInput!) { holdTickets(input: $input) { id } }',
      { input },
    )
    expect(held.code).toBeUndefined()
    // Who was admitted is that, and is told so at once.
    expect((await join(viewer, eventId)).data.joinQueue.status).toBe('ADMITTED')
    const late = await watchAs(story, viewer, eventId)
    await late.until(({ status }) => status === 'ADMITTED')
    await late.completed
  })

  it('tells everybody when it is ended, and that there is none', async () => {
    await using story = await startStory()
    const { set, join, position } = queueing(story)
    const eventId = await story.event()
    await story.ticketType(eventId)
    const viewer = person()
    expect(await position(viewer, eventId)).toMatchObject({ status: 'NOT_REQUIRED', pass: null })
    expect((await join(viewer, eventId)).data.joinQueue.status).toBe('NOT_REQUIRED')
    await set(eventId, { admitPerMinute: 1 })
    await join(viewer, eventId)
    const watch = await watchAs(story, viewer, eventId)
    await watch.until(({ status, position }) => status === 'WAITING' && position === 1)
    await set(eventId, { enabled: false })
    await watch.until(({ status }) => status === 'NOT_REQUIRED')
    await watch.completed
    // What is not public has no waiting room either.
    const hidden = await story.event({ status: 'PENDING' })
    await set(hidden, { admitPerMinute: 1 })
    for (const id of [newId(), hidden]) expect((await join(viewer, id)).code).toBe('NOT_FOUND')
    expect((await join(story.organizer, hidden)).code).toBe('EVENT_NOT_BOOKABLE')
    expect((await join(null, eventId)).code).toBe('UNAUTHENTICATED')
  })
})

describe('admission', () => {
  /** A line of so many, that is open and due from so many seconds ago. */
  async function lineOf(story: Story, count: number, terms: Record<string, unknown>, seconds: number) {
    const { set, join, queue } = queueing(story)
    const eventId = await story.event()
    const typeId = await story.ticketType(eventId, { quota: 1_000 })
    await set(eventId, { opensAt: inMs(-1_000), ...terms })
    const waiting = people(count)
    for (const viewer of waiting) await join(viewer, eventId)
    const { id } = await queue(eventId)
    const { epoch } = await story.deps.waitingRoom.line.look(await queue(eventId), [])
    await story.sql(
      `UPDATE queues SET epoch = '${epoch}', admitted_until = now() - interval '${seconds} seconds'`,
    )
    return { eventId, typeId, id, waiting, admit: { id, eventId } }
  }

  it('those who admit at once stay within the rate; guard: FOR NO KEY UPDATE, without which each uses it up', async () => {
    await using story = await startStory()
    const { admitted } = queueing(story)
    const deps = stopTurns(story)
    const { admit } = await lineOf(story, 100, { admitPerMinute: 600 }, 2)
    // Each reads the head of the line a moment after the other, and all have been told how many are due before.
    let turn = 0
    const line = {
      ...deps.line,
      async head(...args: Parameters<typeof deps.line.head>) {
        await sleep(150 * (turn++ % 4))
        return deps.line.head(...args)
      },
    }
    /** Two seconds' worth is due, 20 people. */
    const admitAtOnce = async () => {
      const from = performance.now()
      await story.sql("UPDATE queues SET admitted_until = now() - interval '2 seconds'")
      const before = await admitted()
      const mutable = { ...deps, db: story.deps.db }
      await Promise.all(Array.from({ length: 4 }, () => admitNext({ ...mutable, line }, admit)))
      const dueMeanwhile = Math.ceil((performance.now() - from) / 100)
      return { people: (await admitted()) - before, dueMeanwhile }
    }
    const { people, dueMeanwhile } = await admitAtOnce()
    expect(people).toBeGreaterThanOrEqual(20)
    expect(people).toBeLessThanOrEqual(20 + dueMeanwhile)
    const met = takeOutGuard(story.deps, 'FOR NO KEY UPDATE OF q SKIP LOCKED')
    expect((await admitAtOnce()).people).toBeGreaterThan(40)
    expect(met.count).toBeGreaterThan(0)
  })

  it('is by free capacity where there is no rate: nobody is inside for whom there is nothing', async () => {
    await using story = await startStory()
    const deps = stopTurns(story)
    const { typeId, waiting, admit } = await lineOf(story, 10, {}, 1)
    await story.sql(`UPDATE ticket_types SET quota = 3, available = 3`)
    const names = (of: { userIds: string[] } | null): number[] =>
      (of?.userIds ?? []).map((id) => waiting.findIndex((viewer) => viewer.id === id)).sort()
    const next = async () => names(await admitNext(deps, admit))
    expect(await next()).toEqual([0, 1, 2])
    expect(await next()).toEqual([])
    const held = (await story.holdTickets(waiting[0] as Viewer, typeId, 1)).data.holdTickets.id
    // Two places are left, and two are inside who have none yet.
    expect(await next()).toEqual([])
    await story.holdTickets(waiting[1] as Viewer, typeId, 1)
    expect(await next()).toEqual([])
    await story.release(waiting[0] as Viewer, held)
    expect(await next()).toEqual([3])
  })

  it('stands still while the sale is paused', async () => {
    await using story = await startStory()
    const deps = stopTurns(story)
    const { eventId, admit } = await lineOf(story, 3, { admitPerMinute: 600 }, 1)
    await pause(story, eventId, true, 2)
    expect(await admitNext(deps, admit)).toBeNull()
    await pause(story, eventId, false, 3)
    expect((await admitNext(deps, admit))?.userIds).toHaveLength(3)
  })

  it('one place admits once, also when Redis gives it back; guard: the place that is noted with the admission', async () => {
    await using story = await startStory()
    const { queue, position } = queueing(story)
    const deps = stopTurns(story)
    const { eventId, waiting, admit } = await lineOf(story, 3, { admitPerMinute: 600 }, 1)
    const { first } = await deps.line.head(admit, 3)
    expect((await admitNext(deps, admit))?.userIds).toHaveLength(3)
    /** Their time is over, and the line is as it was before they were admitted: from a copy, or a replica that was behind. */
    const comeBack = async () => {
      await story.sql("UPDATE queue_admissions SET expires_at = now() - interval '1 second'")
      await story.sql("UPDATE queues SET admitted_until = now() - interval '1 second'")
      await deps.line.restore(await queue(eventId), first)
    }
    await comeBack()
    expect(await admitNext(deps, admit)).toBeNull()
    for (const viewer of waiting) expect((await position(viewer, eventId)).status).toBe('NOT_JOINED')
    const met = takeOutGuard(story.deps, ' AND known.place <> EXCLUDED.place')
    await comeBack()
    expect((await admitNext({ ...deps, db: story.deps.db }, admit))?.userIds).toHaveLength(3)
    expect(met.count).toBe(1)
  })

  it('who dies between the commit and Redis admits nobody twice, and the line goes on', async () => {
    await using story = await startStory()
    const { admitted } = queueing(story)
    const deps = stopTurns(story)
    const { admit } = await lineOf(story, 20, { admitPerMinute: 600 }, 1)
    const line = { ...deps.line, remove: () => Promise.reject(new Error('gone')) }
    await expect(admitNext({ ...deps, line }, admit)).rejects.toThrow('gone')
    const before = await admitted()
    expect(before).toBeGreaterThanOrEqual(10)
    await story.sql("UPDATE queues SET admitted_until = now() - interval '1 second'")
    expect(await admitNext(deps, admit)).toBeNull() // those at the head were admitted already: they leave
    expect(await admitNext(deps, admit)).not.toBeNull()
    expect(await admitted()).toBe(20)
  })
})

describe('a rush at three processes', () => {
  it('admits each of 300 once, in the order of the line, and never ahead of the rate', async () => {
    await using story = await startStory()
    const { set, join, admitted, queue } = queueing(story)
    const processes = [story, await story.join(), await story.join()]
    const at = (n: number): Process => processes[n % 3] ?? story
    const eventId = await story.event()
    await set(eventId, { opensAt: inMs(HOUR), admitPerMinute: 3_000 })
    const all = people(300)
    const watches = await Promise.all(
      all.slice(0, 30).map((viewer, n) => watchAs(at(n + 1), viewer, eventId)),
    )
    await Promise.all(all.slice(0, 150).map((viewer, n) => join(viewer, eventId, at(n))))
    await story.sql('UPDATE queues SET opens_at = now(), admitted_until = now()')
    await Promise.all(all.slice(150).map((viewer, n) => join(viewer, eventId, at(n))))
    await eventually(async () => expect(await admitted()).toBe(300), 20_000)
    await Promise.all(watches.map((watch) => watch.until(({ status }) => status === 'ADMITTED')))
    // By when each was admitted, how many had been, and how many could have been.
    const ahead = await story.sql(`SELECT user_id FROM (
      SELECT a.user_id, count(*) OVER (ORDER BY a.admitted_at) AS so_far,
        extract(epoch FROM a.admitted_at - q.opens_at) * q.admit_per_minute / 60 AS most
      FROM queue_admissions a JOIN queues q ON q.id = a.queue_id) x WHERE so_far > most + 1`)
    expect(ahead).toEqual([])
    const { seed } = await queue(eventId)
    const inOrder = await story.sql<{ user_id: string; place: bigint; admitted_at: Date }>(
      'SELECT user_id, place, admitted_at FROM queue_admissions ORDER BY place',
    )
    const times = inOrder.map((row) => row.admitted_at.getTime())
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    const early = new Set(all.slice(0, 150).map(({ id }) => id))
    for (const [n, { user_id, place }] of inOrder.entries())
      expect([early.has(user_id), Number(place) === drawnPlace(seed, user_id)]).toEqual([n < 150, n < 150])
  })
})

describe('Redis', () => {
  it('flushed in the middle: nobody gets in ahead, who watches keeps their place, and nobody is admitted twice', async () => {
    await using story = await startStory()
    const { set, join, position, admitted, queue } = queueing(story)
    const eventId = await story.event()
    const typeId = await story.ticketType(eventId)
    await set(eventId, { opensAt: inMs(-1_000), admitPerMinute: 60 })
    const waiting = people(12)
    for (const viewer of waiting) await join(viewer, eventId)
    const watches = await Promise.all(waiting.map((viewer) => watchAs(story, viewer, eventId)))
    await Promise.all(watches.map((watch) => watch.until(({ status }) => status !== 'NOT_JOINED')))
    await eventually(async () => expect(await admitted()).toBeGreaterThan(2))
    const known = await story.sql<{ user_id: string; place: bigint }>(
      'SELECT user_id, place FROM queue_admissions',
    )
    await story.deps.redis.flushdb()
    const newcomer = person()
    await join(newcomer, eventId)
    expect((await story.holdTickets(newcomer, typeId, 1)).code).toBe('QUEUE_REQUIRED')
    const inside = await admitted()
    expect(inside).toBeLessThanOrEqual(known.length + 2)
    // All who watch are before whoever has come since, in the order that they had.
    const outside = waiting.slice(inside)
    await eventually(async () => {
      const positions = await Promise.all([...outside, newcomer].map((viewer) => position(viewer, eventId)))
      expect(positions.map((found) => found.position)).toEqual(positions.map((_, at) => at + 1))
    })
    // The line is given time to form.
    await eventually(async () => {
      const paused = "SELECT admitted_until > now() + interval '2 seconds' AS paused FROM queues"
      expect(await story.sql(paused)).toEqual([{ paused: true }])
    })
    expect(await admitted()).toBe(inside)
    await story.sql('UPDATE queues SET admitted_until = now(), admit_per_minute = 6000')
    await Promise.all(watches.map((watch) => watch.until(({ status }) => status === 'ADMITTED')))
    for (const { user_id, place } of known)
      expect(await story.sql(`SELECT place FROM queue_admissions WHERE user_id = '${user_id}'`)).toEqual([
        { place },
      ])
    expect((await queue(eventId)).open).toBe(true)
  })

  it('guard of the pause: without it whoever comes first after a loss gets in ahead of all who waited', async () => {
    await using story = await startStory()
    const { set, join, queue } = queueing(story)
    const eventId = await story.event()
    await set(eventId, { opensAt: inMs(-1_000), admitPerMinute: 600 })
    const deps = stopTurns(story)
    for (const viewer of people(3)) await join(viewer, eventId)
    const admit = { id: (await queue(eventId)).id, eventId }
    await story.sql("UPDATE queues SET admitted_until = now() - interval '1 second'")
    expect((await admitNext(deps, admit))?.userIds).toHaveLength(3)
    const lose = async (): Promise<Viewer> => {
      await story.deps.redis.flushdb()
      await story.sql("UPDATE queues SET admitted_until = now() - interval '1 second'")
      const newcomer = person()
      await join(newcomer, eventId)
      return newcomer
    }
    await lose()
    for (let at = 0; at < 3; at += 1) expect(await admitNext(deps, admit)).toBeNull()
    const met = takeOutGuard(story.deps, ' + make_interval(secs => ', ' - make_interval(secs => ')
    const newcomer = await lose()
    const mutated = { ...deps, db: story.deps.db }
    await admitNext(mutated, admit)
    expect((await admitNext(mutated, admit))?.userIds).toEqual([newcomer.id])
    expect(met.count).toBeGreaterThan(0)
  })

  it('away: nobody joins, nobody is let in without an admission, and who has one goes in', async () => {
    await using story = await startStory()
    const { set, join, pass, position } = queueing(story)
    const eventId = await story.event()
    const typeId = await story.ticketType(eventId)
    await set(eventId, { admitPerMinute: 60_000 })
    const [viewer, other] = people(2) as [Viewer, Viewer]
    await pass(viewer, eventId)
    const cut = await story.join({ REDIS_URL: 'redis://127.0.0.1:9' })
    expect((await join(other, eventId, cut)).code).toBe('SERVICE_UNAVAILABLE')
    expect((await story.holdTickets(other, typeId, 1, cut)).code).toBe('QUEUE_REQUIRED')
    expect((await position(viewer, eventId, cut)).status).toBe('ADMITTED')
    expect((await story.holdTickets(viewer, typeId, 1, cut)).code).toBeUndefined()
  })
})
