import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import {
  BLOCK,
  CREATE_EVENT,
  inHours,
  openHouse,
  REVIEW_EVENT,
  type Story,
  startStory,
  UPDATE_EVENT,
} from './stories.ts'

const OVERLAPS = `SELECT count(*)::int AS overlaps FROM room_bookings a JOIN room_bookings b ON a.room_id = b.room_id
  AND a.holder_id < b.holder_id AND tstzrange(a.starts_at, a.ends_at) && tstzrange(b.starts_at, b.ends_at)`

const codes = (bodies: PromiseSettledResult<Awaited<ReturnType<Story['ask']>>>[]): string[] =>
  bodies.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value.code ?? 'OK'
  })

/** Twenty organizers want one room for overlapping times, at once; one of them for a block. */
async function rushForRoom(story: Story): Promise<{ codes: string[]; overlaps: number }> {
  const house = await openHouse(story)
  const outcomes = await parallel(20, (index) => {
    const time = { startsAt: inHours(48 + index / 10), endsAt: inHours(51 + index / 10) }
    const block = { ...time, roomId: house.room.id, reason: 'Cleaning' }
    if (index === 7) return story.ask(house.admin, BLOCK, { input: block })
    return story.ask(person({ role: 'ORGANIZER' }), CREATE_EVENT, {
      input: house.draftOf({ ...time, title: `Rush ${index}` }),
    })
  })
  const [row] = await story.sql(OVERLAPS)
  return { codes: codes(outcomes), overlaps: row.overlaps }
}

describe('one room wanted by twenty at once', () => {
  it('is given twice when the EXCLUDE constraint room_bookings_no_overlap is dropped', async () => {
    await using story = await startStory()
    await story.sql('ALTER TABLE room_bookings DROP CONSTRAINT room_bookings_no_overlap')
    const rush = await rushForRoom(story)
    expect(rush.overlaps).toBeGreaterThan(0)
    expect(rush.codes.filter((code) => code === 'OK').length).toBeGreaterThan(1)
  })

  it('is given to exactly one with the EXCLUDE constraint room_bookings_no_overlap', async () => {
    await using story = await startStory()
    const rush = await rushForRoom(story)
    expect(rush.overlaps).toBe(0)
    expect(rush.codes.toSorted()).toEqual(['OK', ...Array(19).fill('ROOM_NOT_AVAILABLE')])
    // The losers left nothing behind.
    expect(await story.sql('SELECT count(*)::int AS events FROM events')).toEqual([
      { events: rush.codes[7] === 'OK' ? 0 : 1 },
    ])
  })
})

/** Ten admins decide on one event at once, half of them each way. */
async function rushToReview(story: Story): Promise<{ codes: string[]; version: number }> {
  const house = await openHouse(story)
  const event = await house.createEvent()
  const outcomes = await parallel(10, (index) => {
    const decision = index % 2 === 0 ? 'APPROVED' : 'REJECTED'
    return story.ask(house.admin, REVIEW_EVENT, { id: event.id, input: { decision, message: `By ${index}` } })
  })
  const [row] = await story.sql('SELECT version FROM events WHERE id = $1::uuid', event.id)
  return { codes: codes(outcomes), version: row.version }
}

describe('ten reviewers of one event at once', () => {
  it("all decide when the UPDATE's condition status = 'PENDING' is taken out", async () => {
    await using story = await startStory()
    const guard = ["e.status = 'PENDING'", 'TRUE'] as const
    const rush = await withMutant(story.subgraph.deps, guard, () => rushToReview(story))
    expect(rush.codes.filter((code) => code === 'OK').length).toBeGreaterThan(1)
    expect(rush.version).toBeGreaterThan(2)
  })

  it("are one decision and nine CONFLICTs with the UPDATE's condition status = 'PENDING'", async () => {
    await using story = await startStory()
    const rush = await rushToReview(story)
    expect(rush.codes.toSorted()).toEqual([...Array(9).fill('CONFLICT'), 'OK'])
    expect(rush.version).toBe(2)
  })
})

/** Ten changes of one event at once: each must be recorded for the ticket subgraph with a version of its own. */
async function rushToChange(story: Story): Promise<number[]> {
  const house = await openHouse(story)
  const event = await house.createEvent()
  await parallel(10, (index) =>
    story.ask(house.organizer, UPDATE_EVENT, { input: { id: event.id, title: `Title ${index}` } }),
  )
  const recorded = await story.sql(
    `SELECT (payload->>'version')::int AS version FROM kit.outbox
     WHERE aggregate_id = $1 AND consumer = 'ticket' ORDER BY seq`,
    event.id,
  )
  return recorded.map((row) => row.version)
}

const RAISE = ['version = e.version + 1', 'version = e.version'] as const

describe('ten changes of one event at once', () => {
  it('repeat versions when the UPDATE does not raise them and the trigger events_version_rises is dropped', async () => {
    await using story = await startStory()
    await story.sql('DROP TRIGGER events_version_rises ON events')
    const versions = await withMutant(story.subgraph.deps, RAISE, () => rushToChange(story))
    expect(new Set(versions).size).toBe(1)
  })

  it('are refused by the trigger events_version_rises when the UPDATE does not raise versions', async () => {
    await using story = await startStory()
    expect(await withMutant(story.subgraph.deps, RAISE, () => rushToChange(story))).toEqual([1])
  })

  it('are recorded with versions that rise by one, in order, by the UPDATE under the row lock', async () => {
    await using story = await startStory()
    expect(await rushToChange(story)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  })
})
