import { eventually } from '@karcis/testkit/eventually'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { eventFacts, type Story, startStory } from './stories.ts'

const STOCK =
  'subscription ($eventId: ID!) { ticketStockChanged(eventId: $eventId) { id saleStatus available saleStartsAt saleEndsAt } }'
const DAY = 86_400

/** An instant so many seconds from now. */
const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString()

/** What the event subgraph tells when an event moves. */
async function tellOfMove(story: Story, eventId: string, facts: object): Promise<void> {
  const told = eventFacts(story.organizer.id, { id: eventId, ...facts })
  story.neighbours.events.set(eventId, told)
  await story.tellOfEvent(told)
}

describe('line 9: silence when a sale opens or ends', () => {
  it('a watcher is given the first state at once, and hears when the sale opens and ends by time, at every process', async () => {
    // No watcher ever looks by itself: what comes is told.
    await using story = await startStory({ LIVE_POLL_MS: '60000' })
    const other = await story.join()
    const eventId = await story.event()
    const [opensAt, endsAt] = [inSeconds(2), inSeconds(4)]
    await story.ticketType(eventId, { saleStartsAt: opensAt, saleEndsAt: endsAt })
    const watches = [await story.watch(STOCK, { eventId }), await other.watch(STOCK, { eventId })]
    for (const watch of watches) {
      const { data } = await watch.until(() => true)
      expect(data.ticketStockChanged).toMatchObject([{ saleStatus: 'UPCOMING', available: 100 }])
      const is = (status: string) =>
        watch.until(({ data }) => data.ticketStockChanged[0].saleStatus === status)
      await is('ON_SALE')
      await is('ENDED')
      expect(watch.received.map(({ data }) => data.ticketStockChanged[0].saleStatus)).toEqual([
        'UPCOMING',
        'ON_SALE',
        'ENDED',
      ])
    }
    expect(Date.now()).toBeLessThan(Date.parse(endsAt) + 5_000)
  })

  it('hears when the event ends, and of a moment that was moved at its new time only', async () => {
    await using story = await startStory({ LIVE_POLL_MS: '60000' })
    const eventId = await story.event({ startsAt: inSeconds(-DAY), endsAt: inSeconds(5) })
    const typeId = await story.ticketType(eventId, { saleStartsAt: inSeconds(1) })
    const update =
      'mutation ($input: UpdateTicketTypeInput!) { updateTicketType(input: $input) { saleStatus } }'
    await story.mustAsk(story.organizer, update, { input: { id: typeId, saleStartsAt: inSeconds(2) } })
    const watch = await story.watch(STOCK, { eventId })
    await watch.until(({ data }) => data.ticketStockChanged[0].saleStatus === 'ENDED')
    const seen = watch.received.map(({ data }) => data.ticketStockChanged[0].saleStatus)
    expect(seen).toEqual(['UPCOMING', 'ON_SALE', 'ENDED'])
    const jobs =
      "SELECT count(*)::int AS n FROM graphile_worker.jobs WHERE task_identifier = 'announce-sale-moment'"
    expect(await story.sql(jobs)).toEqual([{ n: 0 }])
  })

  it('a type that is deleted leaves no moment behind, and a watcher is given the empty list', async () => {
    await using story = await startStory()
    const eventId = await story.event()
    const typeId = await story.ticketType(eventId, { saleStartsAt: inSeconds(600) })
    const watch = await story.watch(STOCK, { eventId })
    await watch.until(() => true)
    await story.mustAsk(story.organizer, 'mutation ($id: ID!) { deleteTicketType(id: $id) { id } }', {
      id: typeId,
    })
    await watch.until(({ data }) => data.ticketStockChanged.length === 0)
    const jobs =
      "SELECT count(*)::int AS n FROM graphile_worker.jobs WHERE task_identifier = 'announce-sale-moment'"
    expect(await story.sql(jobs)).toEqual([{ n: 0 }])
  })
})

describe('line 27: a moment whose job is lost', () => {
  const MOMENTS = "task_identifier = 'announce-sale-moment'"

  it('is announced within a minute, and so is the one after it', async () => {
    await using story = await startStory({ LIVE_POLL_MS: '60000' })
    const eventId = await story.event()
    await story.ticketType(eventId, { saleStartsAt: inSeconds(1), saleEndsAt: inSeconds(600) })
    const watch = await story.watch(STOCK, { eventId })
    await watch.until(({ data }) => data.ticketStockChanged[0].saleStatus === 'UPCOMING')
    await story.sql(
      `SELECT graphile_worker.complete_jobs(array_agg(id)) FROM graphile_worker.jobs WHERE ${MOMENTS}`,
    )
    await eventually(async () => {
      // It came more than ten seconds ago.
      await story.sql(`UPDATE event_copies SET next_moment_at = next_moment_at - interval '11 seconds'
        WHERE next_moment_at <= now()`)
      await story.sql(`SELECT graphile_worker.add_job('sweep-sale-moments')`)
      expect(watch.received).toHaveLength(2)
    })
    expect(watch.received[1]?.data.ticketStockChanged[0].saleStatus).toBe('ON_SALE')
    const [next] = await story.sql('SELECT next_moment_at FROM event_copies')
    const [type] = watch.received[1]?.data.ticketStockChanged ?? []
    expect(next.next_moment_at.toISOString()).toBe(type.saleEndsAt)
    expect(await story.sql(`SELECT run_at FROM graphile_worker.jobs WHERE ${MOMENTS}`)).toEqual([
      { run_at: next.next_moment_at },
    ])
  })
})

describe('line 14: a sale that is left behind when its event moves', () => {
  const at = (start: number) => ({ startsAt: inSeconds(start), endsAt: inSeconds(start + 7_200) })
  const near = (text: string | null): number => Math.round((Date.parse(text ?? '') - Date.now()) / 1_000)

  async function moved(to: object, input: Record<string, unknown>) {
    const story = await startStory()
    const eventId = await story.event(at(10 * DAY))
    await story.ticketType(eventId, input)
    const watch = await story.watch(STOCK, { eventId })
    await watch.until(() => true)
    await tellOfMove(story, eventId, { version: 2, ...to })
    const { data } = await watch.until(() => watch.received.length > 1)
    expect(data).toBeTruthy()
    const [type] = watch.received.at(-1)?.data.ticketStockChanged ?? []
    await story[Symbol.asyncDispose]()
    return type
  }

  it('what is to come moves with it, and watchers are told', async () => {
    const type = await moved(at(12 * DAY), { saleStartsAt: inSeconds(DAY), saleEndsAt: inSeconds(9 * DAY) })
    expect(near(type.saleStartsAt)).toBeCloseTo(3 * DAY, -2)
    expect(near(type.saleEndsAt)).toBeCloseTo(11 * DAY, -2)
  })

  it('a sale that has begun stays begun, one that is over stays over', async () => {
    const begun = await moved(at(12 * DAY), { saleStartsAt: inSeconds(-DAY), saleEndsAt: inSeconds(9 * DAY) })
    expect(near(begun.saleStartsAt)).toBeCloseTo(-DAY, -2)
    expect(near(begun.saleEndsAt)).toBeCloseTo(11 * DAY, -2)
    const over = await moved(at(12 * DAY), { saleStartsAt: inSeconds(-2 * DAY), saleEndsAt: inSeconds(-DAY) })
    expect(near(over.saleEndsAt)).toBeCloseTo(-DAY, -2)
  })

  it('none ends up after the event, or ends before it begins', async () => {
    const shorter = await moved(
      { ...at(10 * DAY), endsAt: inSeconds(10 * DAY + 60) },
      { saleStartsAt: inSeconds(10 * DAY + 100), saleEndsAt: inSeconds(10 * DAY + 7_000) },
    )
    expect(near(shorter.saleStartsAt)).toBeCloseTo(10 * DAY, -2)
    expect(near(shorter.saleEndsAt)).toBeCloseTo(10 * DAY + 60, -2)
    const sooner = await moved(at(600), { saleStartsAt: inSeconds(-5), saleEndsAt: inSeconds(DAY) })
    expect(Date.parse(sooner.saleEndsAt)).toBeGreaterThan(Date.parse(sooner.saleStartsAt))
    expect(sooner.saleStatus).toBe('ENDED')
  })

  it('holds of before end with the event that now ends sooner (line 3)', async () => {
    await using story = await startStory()
    const { eventId, seat } = await story.hall(1, 4, at(10 * DAY))
    const buyer = person()
    const { id } = (await story.holdSeats(buyer, eventId, [seat('A1')])).data.holdSeats
    const seats = `subscription ($eventId: ID!) { seatMapChanged(eventId: $eventId, sinceRevision: 2) { seats { heldUntil } } }`
    const watch = await story.watch(seats, { eventId })
    const endsAt = inSeconds(90)
    await tellOfMove(story, eventId, { version: 2, startsAt: inSeconds(-60), endsAt })
    const hold = (await story.mustAsk(buyer, 'query ($id: ID!) { hold(id: $id) { expiresAt } }', { id })).hold
    expect(hold.expiresAt).toBe(endsAt)
    const { data } = await watch.until(() => true)
    expect(data.seatMapChanged.seats).toEqual([{ heldUntil: endsAt }])
    const [job] = await story.sql(`SELECT run_at FROM graphile_worker.jobs WHERE key = 'expire-hold:${id}'`)
    expect(job.run_at.toISOString()).toBe(endsAt)
  })
})
