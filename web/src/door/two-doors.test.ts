import 'fake-indexeddb/auto'
import { scanner as device } from '@karcis/testkit/people'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDevice, issue } from '../../../subgraphs/ticket/test/doors.ts'
import { type Story, startStory } from '../../../subgraphs/ticket/test/stories.ts'
import { ApiError, type ApiErrorCode } from '../api/api-error.ts'
import { DoorStore } from '../offline/check-ins.ts'
import type { DoorAsk } from './ask-at-door.ts'
import type { BundleSnapshot } from './bundle.ts'
import { isConflict } from './conflicts.ts'
import { Door } from './door.ts'
import type { Verdict } from './judge.ts'
import type { Scanner } from './scanner.ts'

/** What becomes of what a door asks: it is answered, it is done and nobody hears of it, or it goes nowhere. */
type Network = 'online' | 'lossy' | 'away'

/** A door of an event as a browser has it, at the ticket subgraph itself. */
async function openDoor(story: Story, eventId: string, gate: string) {
  const { id: deviceId } = (await createDevice(story, eventId, gate)).data.createDoorDevice
  const store = await DoorStore.open<Scanner, BundleSnapshot, Verdict>(`door-${deviceId}`)
  const line: { network: Network } = { network: 'online' }
  const ask = (async (document: string, variables: Record<string, unknown>) => {
    if (line.network === 'away') throw new ApiError('OFFLINE', 'no network')
    // Names of owners are another subgraph's.
    const own = document.replace(/owner\s*\{\s*name\s*\}/g, '')
    const { data, code, facts } = await story.ask(device(deviceId), own, variables)
    if (line.network === 'lossy') throw new ApiError('UNREACHABLE', 'lost on the way back')
    if (code) throw new ApiError(code as ApiErrorCode, code, facts)
    return data
  }) as DoorAsk
  const scanner = { eventId, title: '', deviceId, gate, token: 'x.y' }
  const reopen = () => Door.open(scanner, store, ask)
  const door = await reopen()
  await door.refresh()
  return { door, store, line, deviceId, reopen }
}

async function eventWithTickets(story: Story, quantity: number) {
  const eventId = await story.event()
  const typeId = await story.ticketType(eventId)
  return { eventId, typeId, tickets: (await issue(story, typeId, { quantity })).tickets }
}

/** What the server has of an event's tickets in the end. */
const kept = (story: Story, eventId: string) =>
  story.sql<{ id: string; at: Date | null; accepted: number; flagged: number }>(
    `SELECT t.id, t.checked_in_at AS at, count(c) FILTER (WHERE c.outcome = 'ACCEPTED')::int AS accepted,
       count(c) FILTER (WHERE c.outcome = 'DUPLICATE')::int AS flagged
     FROM tickets t LEFT JOIN check_ins c ON c.ticket_id = t.id WHERE t.event_id = '${eventId}' GROUP BY t.id`,
  )

type Step =
  | { door: 0 | 1; ticket: number }
  | { door: 0 | 1; network: Network }
  | { door: 0 | 1; refresh: true }

const which = fc.constantFrom<0 | 1>(0, 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ door: which, ticket: fc.integer({ min: 0, max: 3 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ door: which, network: fc.constantFrom<Network>('online', 'lossy', 'away') }),
  },
  { weight: 1, arbitrary: fc.record({ door: which, refresh: fc.constant(true as const) }) },
)

describe('two doors, each with and without a network', () => {
  it('come to one entry a ticket, the earliest, and every scan is answered', async () => {
    await using story = await startStory({ MAX_OPEN_PLACES: '100' })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), async (steps) => {
        const { eventId, tickets } = await eventWithTickets(story, 4)
        const doors = [await openDoor(story, eventId, 'North'), await openDoor(story, eventId, 'South')]
        const admitted: { ticketId: string; at: string }[] = []
        for (const each of steps) {
          const at = doors[each.door]
          if (!at) continue
          if ('network' in each) at.line.network = each.network
          else if ('refresh' in each) await at.door.refresh()
          else {
            const { kind } = await at.door.scan(tickets[each.ticket]?.code ?? '')
            expect(['ADMITTED', 'USED']).toContain(kind)
            const [{ ticketId, scannedAt } = {}] = at.door.scans.value
            if (kind === 'ADMITTED') admitted.push({ ticketId: ticketId ?? '', at: scannedAt ?? '' })
          }
        }
        for (const { line, door } of doors) {
          line.network = 'online'
          await door.refresh()
          expect(door.waiting.value).toBe(0)
        }
        for (const { id, at, accepted, flagged } of await kept(story, eventId)) {
          const entries = admitted.filter(({ ticketId }) => ticketId === id).map((entry) => entry.at)
          expect(at?.toISOString()).toBe(entries.toSorted()[0])
          expect([accepted, flagged]).toEqual(entries.length === 0 ? [0, 0] : [1, entries.length - 1])
        }
        // Of two who came with one ticket, at least the door that let in the later one can show it.
        const doubled = admitted.length - new Set(admitted.map(({ ticketId }) => ticketId)).size
        await Promise.all(doors.map(({ door }) => door.hear([])))
        const shown = doors.flatMap(({ door }) => door.scans.value.filter(isConflict)).length
        expect(shown).toBeLessThanOrEqual(doubled)
        for (const { store } of doors) store.close()
      }),
      { numRuns: 25, endOnFailure: true },
    )
  })
})

describe('what waits to be sent', () => {
  it('is sent past a scan that the server takes from nobody', async () => {
    await using story = await startStory()
    const { eventId, tickets } = await eventWithTickets(story, 5)
    const { door, store, line, deviceId } = await openDoor(story, eventId, 'North')
    line.network = 'away'
    for (const { code } of tickets.slice(0, 2)) await door.scan(code)
    const [sample] = await store.recent(1)
    if (!sample) throw new Error('nothing was kept')
    const { seq: _, ...spoilt } = { ...sample, code: '', scannedAt: new Date().toISOString() }
    await store.add(spoilt)
    for (const { code } of tickets.slice(2)) await door.scan(code)
    expect(door.waiting.value).toBe(6)
    line.network = 'online'
    await door.refresh()
    expect(door.waiting.value).toBe(0)
    expect((await store.recent(10)).map(({ state }) => state).toSorted()).toEqual([
      ...Array(5).fill('SETTLED'),
      'STUCK',
    ])
    expect((await kept(story, eventId)).map(({ accepted }) => accepted)).toEqual([1, 1, 1, 1, 1])
    expect(await store.waiting(deviceId, 10)).toEqual([])
  })

  it('outlives the app, and what was admitted so is not admitted again', async () => {
    await using story = await startStory()
    const { eventId, tickets } = await eventWithTickets(story, 1)
    const { door, line, reopen } = await openDoor(story, eventId, 'North')
    line.network = 'away'
    const code = tickets[0]?.code ?? ''
    expect(await door.scan(code)).toMatchObject({ kind: 'ADMITTED', isLocal: true })
    const later = await reopen()
    expect(later.waiting.value).toBe(1)
    expect(await later.scan(code)).toMatchObject({ kind: 'USED', usedHere: true, usedGate: 'North' })
    line.network = 'online'
    await later.refresh()
    expect(later.waiting.value).toBe(0)
    expect(await kept(story, eventId)).toMatchObject([{ accepted: 1, flagged: 0 }])
  })

  it('shows at the door that let somebody in late who had come in first, where, and when', async () => {
    await using story = await startStory()
    const { eventId, tickets } = await eventWithTickets(story, 1)
    const doors = [await openDoor(story, eventId, 'North'), await openDoor(story, eventId, 'South')]
    for (const { line } of doors) line.network = 'away'
    const code = tickets[0]?.code ?? ''
    for (const { door } of doors) expect((await door.scan(code)).kind).toBe('ADMITTED')
    // Each knows the server's clock as well as its line has let it: which was first, the scans say.
    const scannedAt = ({ door }: (typeof doors)[number]): string => door.scans.value[0]?.scannedAt ?? ''
    const [early, late] = doors.toSorted((a, b) => Date.parse(scannedAt(a)) - Date.parse(scannedAt(b))) as [
      (typeof doors)[number],
      (typeof doors)[number],
    ]
    for (const { door, line } of [late, early]) {
      line.network = 'online'
      await door.refresh()
    }
    const watch = await story.watch(
      `subscription ($eventId: ID!) { checkInRecorded(eventId: $eventId, sinceRevision: 0) {
        checkIns { deviceId gate direction scannedAt outcome reason ticket { id ticketType { name } } } } }`,
      { eventId },
      device(late.deviceId),
    )
    const { data } = await watch.until(() => true)
    for (const { door } of doors) await door.hear(data.checkInRecorded.checkIns)
    const [first] = early.door.scans.value
    const [second] = late.door.scans.value
    expect(first).toMatchObject({
      outcome: { outcome: 'ACCEPTED' },
      elsewhere: { gate: second?.gate, isFirst: false },
    })
    expect(second).toMatchObject({
      outcome: { outcome: 'DUPLICATE' },
      elsewhere: { gate: first?.gate, at: first?.scannedAt, isFirst: true },
    })
    expect([first, second].every((scan) => scan && isConflict(scan))).toBe(true)
  })
})

describe('an entry of whose answer nobody was told', () => {
  it('is admitted when it comes again, as it was this very door’s', async () => {
    await using story = await startStory()
    const { eventId, tickets } = await eventWithTickets(story, 1)
    const { door, store, deviceId } = await openDoor(story, eventId, 'North')
    const [{ id: ticketId, code }] = tickets as [{ id: string; code: string }]
    const scannedAt = new Date(Date.now() - 60_000).toISOString()
    const facts = { eventId, deviceId, gate: 'North', code, ticketId, direction: 'ENTRY', scannedAt } as const
    // The app ended between the question and the answer.
    await store.add({ ...facts, state: 'ASKING', verdict: null, outcome: null, elsewhere: null })
    await story.mustAsk(
      device(deviceId),
      'mutation ($input: CheckInInput!) { checkIn(input: $input) { id } }',
      {
        input: { code, eventId, scannedAt },
      },
    )
    expect((await door.scan(code)).kind).toBe('ADMITTED')
    expect((await door.scan(code)).kind).toBe('USED')
  })
})
