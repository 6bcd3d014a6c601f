import { newId } from '@karcis/kit/ids'
import type { Bearer } from '@karcis/kit/service-token'
import { person, scanner } from '@karcis/testkit/people'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkIn, createDevice, eventWithTicket, type IssuedTicket, issue, setPolicy } from './doors.ts'
import { pileUp, takeOutGuard } from './races.ts'
import { type Story, startStory } from './stories.ts'

const SYNC = `mutation ($input: [SyncCheckInInput!]!) { syncCheckIns(input: $input) { outcome reason scannedAt ticket { id } } }`

const sync = (story: Story, asker: Bearer | null, input: Record<string, unknown>[]) =>
  story.ask(asker, SYNC, { input })

/** A scan as a property makes it: by which scanner, in which minute of the evening, in or out. */
interface Scan {
  device: number
  minute: number
  direction: 'ENTRY' | 'EXIT'
}

const EVENING = Date.now() - 3_600_000
const timeOf = ({ minute }: Scan): string => new Date(EVENING + minute * 60_000).toISOString()
const nameOf = (scan: Scan): string => `${scan.minute}|${scan.direction}|${scan.device}`

/** What the scans of one ticket are, when somebody looks at all of them at the end, in the order of their times. */
function oracle(scans: readonly Scan[], reentry: boolean) {
  const outcomes: Record<string, string> = {}
  let [inside, first]: [boolean, string | null] = [false, null]
  for (const name of [...new Set(scans.map(nameOf))].sort()) {
    const isEntry = name.includes('ENTRY')
    const counts = isEntry ? !inside && (first === null || reentry) : inside
    if (counts && isEntry) first ??= timeOf({ minute: Number(name[0]) } as Scan)
    if (counts) inside = isEntry
    outcomes[name] = counts ? 'ACCEPTED' : isEntry ? 'DUPLICATE' : 'REFUSED'
  }
  return { outcomes, first, inside }
}

async function kept(story: Story, ticketId: string) {
  const rows = await story.sql<{ at: Date; direction: string; device: string; outcome: string }>(
    `SELECT scanned_at AS at, direction, device_id AS device, outcome FROM check_ins WHERE ticket_id = '${ticketId}'`,
  )
  const [ticket] = await story.sql<{ at: Date | null; inside: boolean; status: string }>(
    `SELECT checked_in_at AS at, inside, status FROM tickets WHERE id = '${ticketId}'`,
  )
  const minuteOf = (at: Date): number => (at.getTime() - EVENING) / 60_000
  return {
    outcomes: Object.fromEntries(
      rows.map(({ at, direction, device, outcome }) => [`${minuteOf(at)}|${direction}|${device}`, outcome]),
    ),
    first: ticket?.at?.toISOString() ?? null,
    inside: ticket?.inside,
    isUsed: ticket?.status === 'USED',
  }
}

const scanOf = fc.record<Scan>({
  device: fc.integer({ min: 0, max: 2 }),
  minute: fc.integer({ min: 0, max: 9 }),
  direction: fc.constantFrom('ENTRY', 'ENTRY', 'EXIT'),
})

/** Scans of an evening, and portions of them as they are sent: in any order, some several times, each once at least. */
const deliveries = fc.array(scanOf, { minLength: 1, maxLength: 8 }).chain((scans) =>
  fc.record({
    scans: fc.constant(scans),
    portions: fc.array(fc.shuffledSubarray(scans, { minLength: 1 }), { maxLength: 4 }),
    last: fc.shuffledSubarray(scans, { minLength: scans.length, maxLength: scans.length }),
  }),
)

describe('scanners that were offline', () => {
  it.each([false, true])(
    'come to the same in whatever order and however often they send, as somebody finds who looks at it all (re-entry: %s)',
    async (reentry) => {
      await using story = await startStory({ MAX_OPEN_PLACES: '100' })
      const eventId = await story.event()
      const typeId = await story.ticketType(eventId)
      if (reentry) await setPolicy(story, eventId, { reentry })
      const { tickets } = await issue(story, typeId, { quantity: 10 })
      const more = await Promise.all([1, 2, 3].map(() => issue(story, typeId, { quantity: 10 })))
      const unused = [tickets, ...more.map((each) => each.tickets)].flat()
      await fc.assert(
        fc.asyncProperty(deliveries, async ({ scans, portions, last }) => {
          const ticket = unused.pop() as IssuedTicket
          for (const portion of [...portions, last]) {
            const input = portion.map((scan) => ({
              code: ticket.code,
              eventId,
              deviceId: String(scan.device),
              direction: scan.direction,
              scannedAt: timeOf(scan),
            }))
            expect((await sync(story, story.organizer, input)).code).toBeUndefined()
          }
          const { outcomes, first, inside } = oracle(scans, reentry)
          expect(await kept(story, ticket.id)).toEqual({ outcomes, first, inside, isUsed: first !== null })
        }),
        { numRuns: 30, endOnFailure: true },
      )
    },
  )

  it('send at the same moment, and one entry counts; without the guard (FOR NO KEY UPDATE) two do', async () => {
    await using story = await startStory()
    /** Both have looked at the ticket, as far as they may, when the first goes on. @returns which entries count. */
    const meet = async () => {
      const { eventId, ticket } = await eventWithTicket(story)
      await setPolicy(story, eventId, { reentry: false })
      const send = (minute: number, waiting: number) => ({
        start: () =>
          sync(story, story.organizer, [
            { code: ticket.code, eventId, deviceId: `${minute}`, scannedAt: timeOf({ minute } as Scan) },
          ]),
        waiting,
      })
      await pileUp(
        story,
        `SELECT FROM doors WHERE event_id = '${eventId}' FOR UPDATE`,
        send(2, 1),
        send(1, 2),
      )
      const { outcomes } = await kept(story, ticket.id)
      return Object.keys(outcomes).filter((name) => outcomes[name] === 'ACCEPTED')
    }
    expect(await meet()).toEqual(['1|ENTRY|1'])
    const guard = takeOutGuard(story.deps, ' ORDER BY id FOR NO KEY UPDATE')
    expect((await meet()).toSorted()).toEqual(['1|ENTRY|1', '2|ENTRY|2'])
    expect(guard.count).toBeGreaterThan(0)
  })

  it('are told of each scan what became of it', async () => {
    await using story = await startStory()
    const { eventId, typeId, ticket } = await eventWithTicket(story)
    const elsewhere = await eventWithTicket(story)
    const refunded = await issue(story, typeId)
    await story.booking.cancel(refunded.bookingId)
    const { id } = (await createDevice(story, eventId, 'North')).data.createDoorDevice
    const at = (minute: number) => new Date(EVENING + minute * 60_000).toISOString()
    const scan = (code: string, minute: number) => ({ code, eventId, scannedAt: at(minute) })
    // The one that was online let somebody in later than this one had.
    await checkIn(story, story.organizer, { ...scan(ticket.code, 5), deviceId: 'A' })
    const sent = [
      scan(ticket.code, 3),
      scan(ticket.code, 4),
      scan(refunded.ticket.code, 4),
      scan('nonsense', 4),
      scan(elsewhere.ticket.code, 4),
      scan(ticket.code, 3),
    ]
    const { data } = await sync(story, scanner(id), sent)
    const told = [
      { outcome: 'ACCEPTED', reason: null, scannedAt: at(3), ticket: { id: ticket.id } },
      { outcome: 'DUPLICATE', reason: null, scannedAt: at(4), ticket: { id: ticket.id } },
      { outcome: 'REFUSED', reason: 'REFUNDED', scannedAt: at(4), ticket: { id: refunded.ticket.id } },
      { outcome: 'REFUSED', reason: 'FORGED', scannedAt: at(4), ticket: null },
      { outcome: 'REFUSED', reason: 'OTHER_EVENT', scannedAt: at(4), ticket: null },
      { outcome: 'ACCEPTED', reason: null, scannedAt: at(3), ticket: { id: ticket.id } },
    ]
    expect(data.syncCheckIns).toEqual(told)
    expect((await sync(story, scanner(id), sent)).data.syncCheckIns).toEqual(told)
    const { checkInRecorded } = (
      await (
        await story.watch(
          `subscription ($eventId: ID!) { checkInRecorded(eventId: $eventId, sinceRevision: 0) {
            checkIns { deviceId gate outcome reason scannedAt } } }`,
          { eventId },
          story.organizer,
        )
      ).until(() => true)
    ).data
    expect(checkInRecorded.checkIns).toHaveLength(4)
    expect(checkInRecorded.checkIns).toContainEqual({
      deviceId: 'A',
      gate: null,
      outcome: 'DUPLICATE',
      reason: null,
      scannedAt: at(5),
    })
    const ask = 'query ($id: ID!) { ticket(id: $id) { status checkedInAt } }'
    expect((await story.mustAsk(story.admin, ask, { id: ticket.id })).ticket).toEqual({
      status: 'USED',
      checkedInAt: at(3),
    })
  })

  it('are those of the event, and send 500 at most', async () => {
    await using story = await startStory()
    const { eventId, ticket, buyer } = await eventWithTicket(story)
    const scan = { code: ticket.code, eventId, scannedAt: new Date(EVENING).toISOString() }
    for (const viewer of [buyer, person({ role: 'ORGANIZER' })])
      expect((await sync(story, viewer, [scan])).code).toBe('FORBIDDEN')
    expect((await sync(story, scanner(newId()), [scan])).code).toBe('UNAUTHENTICATED')
    expect((await sync(story, story.organizer, [])).code).toBe('BAD_USER_INPUT')
    expect(
      (
        await sync(
          story,
          story.organizer,
          Array.from({ length: 501 }, () => scan),
        )
      ).code,
    ).toBe('BAD_USER_INPUT')
    expect(
      (
        await sync(
          story,
          story.organizer,
          Array.from({ length: 500 }, () => scan),
        )
      ).data.syncCheckIns,
    ).toHaveLength(500)
  })
})
