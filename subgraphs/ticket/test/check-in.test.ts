import { newId } from '@karcis/kit/ids'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { signTicketCodes } from '../src/domain/tickets/ticket-code.ts'
import { checkIn, eventWithTicket, issue, setPolicy } from './doors.ts'
import { expectBooksToBalance, takeOutGuard } from './races.ts'
import { type Story, startStory } from './stories.ts'

const HOUR = 3_600_000

/** So many who come with one code at the same moment. */
async function hundredScans(story: Story) {
  const { eventId, ticket } = await eventWithTicket(story)
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, at) =>
      checkIn(story, story.organizer, { code: ticket.code, eventId, deviceId: `gate ${at % 7}` }),
    ),
  )
  const admitted = answers.filter(({ code }) => code === undefined)
  const [{ count }] = (await story.sql<{ count: number }>(
    `SELECT count(*)::int FROM check_ins WHERE ticket_id = '${ticket.id}'`,
  )) as [{ count: number }]
  return { answers, admitted, count }
}

describe('a hundred scans of one ticket at once', () => {
  it("without the guard (status = 'VALID') let several in", async () => {
    await using story = await startStory()
    const guard = takeOutGuard(story.deps, "(status = 'VALID' OR (", '(true OR (')
    const { admitted } = await hundredScans(story)
    expect(admitted.length).toBeGreaterThan(1)
    expect(guard.count).toBeGreaterThan(0)
  })

  it('let one in, and tell all others when and where that was', async () => {
    await using story = await startStory()
    const { answers, admitted, count } = await hundredScans(story)
    expect(admitted).toHaveLength(1)
    expect(count).toBe(1)
    const { checkedInAt, id } = admitted[0]?.data.checkIn ?? {}
    for (const { code, facts } of answers.filter((answer) => answer !== admitted[0])) {
      expect(code).toBe('ALREADY_CHECKED_IN')
      expect(facts).toEqual({
        ticketId: id,
        checkedInAt,
        deviceId: expect.stringMatching(/^gate \d$/),
        gate: null,
      })
    }
  })
})

it('somebody was there once their ticket was checked in; until any was, whoever has one may have been', async () => {
  await using story = await startStory()
  const { eventId, typeId, ticket, buyer } = await eventWithTicket(story)
  const { buyer: other } = await issue(story, typeId)
  const ATTENDANCE = `query ($eventId: ID!, $userId: ID!) { attendance(eventId: $eventId, userId: $userId) { checkedIn hasTicket scanned } }`
  const wasThere = async (userId: string) =>
    (await story.ask(null, ATTENDANCE, { eventId, userId }, 'event')).data.attendance
  const hasTicket = { checkedIn: false, hasTicket: true, scanned: false }
  expect(await wasThere(buyer.id)).toEqual(hasTicket)
  expect(await wasThere(newId())).toEqual({ ...hasTicket, hasTicket: false })
  await checkIn(story, story.organizer, { code: ticket.code, eventId })
  expect(await wasThere(buyer.id)).toEqual({ checkedIn: true, hasTicket: true, scanned: true })
  expect(await wasThere(other.id)).toEqual({ ...hasTicket, scanned: true })
  for (const service of ['router', 'user', 'booking'] as const)
    expect((await story.ask(null, ATTENDANCE, { eventId, userId: buyer.id }, service)).code).toBe('FORBIDDEN')
})

describe('a ticket at the door', () => {
  it('is used from then on, at the time of the scan', async () => {
    await using story = await startStory()
    const { eventId, ticket, buyer } = await eventWithTicket(story)
    const scannedAt = new Date(Date.now() - 60_000).toISOString()
    const { data } = await checkIn(story, story.admin, {
      code: ticket.code,
      eventId: eventId.toUpperCase(),
      scannedAt,
    })
    expect(data.checkIn).toEqual({
      id: ticket.id,
      status: 'USED',
      checkedInAt: scannedAt,
      inside: true,
      owner: { id: buyer.id },
    })
    const ahead = new Date(Date.now() + HOUR).toISOString()
    const other = await issue(story, await story.ticketType(eventId))
    const answer = await checkIn(story, story.organizer, {
      code: other.ticket.code,
      eventId,
      scannedAt: ahead,
    })
    expect(Date.parse(answer.data.checkIn.checkedInAt)).toBeLessThan(Date.now() + 1_000)
    await expectBooksToBalance(story)
  })

  it('is checked in by the organizer of its event, admins, and nobody else', async () => {
    await using story = await startStory()
    const { eventId, ticket, buyer } = await eventWithTicket(story)
    const input = { code: ticket.code, eventId }
    for (const viewer of [buyer, person(), person({ role: 'ORGANIZER' })])
      expect((await checkIn(story, viewer, input)).code).toBe('FORBIDDEN')
    expect((await checkIn(story, null, input)).code).toBe('UNAUTHENTICATED')
    expect((await checkIn(story, story.organizer, { ...input, eventId: newId() })).code).toBe('NOT_FOUND')
    expect((await checkIn(story, story.organizer, { ...input, eventId: 'x' })).code).toBe('BAD_USER_INPUT')
    expect((await checkIn(story, story.organizer, input)).code).toBeUndefined()
  })

  it('that does not admit says why', async () => {
    await using story = await startStory()
    const { eventId, typeId } = await eventWithTicket(story)
    const elsewhere = await eventWithTicket(story)
    const reasonOf = async (code: string, event = eventId) => {
      const { code: refused, facts } = await checkIn(story, story.organizer, { code, eventId: event })
      return [refused, facts.reason]
    }
    const refused = await issue(story, typeId)
    expect(await reasonOf('nonsense')).toEqual(['TICKET_INVALID', 'FORGED'])
    const forged = `${refused.ticket.code.slice(0, -1)}${refused.ticket.code.endsWith('0') ? '1' : '0'}`
    expect(await reasonOf(forged)).toEqual(['TICKET_INVALID', 'FORGED'])
    expect(await reasonOf(elsewhere.ticket.code)).toEqual(['TICKET_INVALID', 'OTHER_EVENT'])
    const [unknown = ''] = await signTicketCodes(story.deps.signingKeys, [{ ticketId: newId(), eventId }])
    expect(await reasonOf(unknown)).toEqual(['TICKET_INVALID', 'UNKNOWN'])
    for (const status of ['REFUNDED', 'CANCELLED', 'TRANSFERRED']) {
      await story.sql(`UPDATE tickets SET status = '${status}' WHERE id = '${refused.ticket.id}'`)
      expect(await reasonOf(refused.ticket.code)).toEqual(['TICKET_INVALID', status])
    }
    const frozen = await issue(story, typeId)
    await story.sql(`UPDATE tickets SET frozen = true WHERE id = '${frozen.ticket.id}'`)
    expect(await reasonOf(frozen.ticket.code)).toEqual(['TICKET_INVALID', 'FROZEN'])
    await story.sql(`UPDATE tickets SET frozen = false WHERE id = '${frozen.ticket.id}'`)
    await story.sql(`UPDATE event_copies SET ends_at = now() - interval '1 minute' WHERE id = '${eventId}'`)
    expect(await reasonOf(frozen.ticket.code)).toEqual(['TICKET_INVALID', 'EXPIRED'])
    await story.sql(`UPDATE event_copies SET status = 'CANCELLED' WHERE id = '${eventId}'`)
    expect(await reasonOf(frozen.ticket.code)).toEqual(['TICKET_INVALID', 'CANCELLED'])
  })

  it('can be made one again that was not used, by the organizer alone', async () => {
    await using story = await startStory()
    const { eventId, ticket, buyer } = await eventWithTicket(story)
    const UNDO =
      'mutation ($ticketId: ID!) { undoCheckIn(ticketId: $ticketId) { status checkedInAt inside } }'
    const undo = (viewer = story.organizer) => story.ask(viewer, UNDO, { ticketId: ticket.id })
    const scan = { code: ticket.code, eventId, scannedAt: new Date().toISOString() }
    expect((await undo()).code).toBe('CONFLICT')
    await checkIn(story, story.organizer, scan)
    for (const viewer of [buyer, person({ role: 'ORGANIZER' })])
      expect((await undo(viewer)).code).toBe('FORBIDDEN')
    expect((await undo()).data.undoCheckIn).toEqual({ status: 'VALID', checkedInAt: null, inside: false })
    expect((await checkIn(story, story.organizer, scan)).code).toBe('CONFLICT')
    expect((await checkIn(story, story.organizer, { ...scan, scannedAt: undefined })).code).toBeUndefined()
  })
})

describe('re-entry', () => {
  it('is for those who were scanned on the way out, where the event allows it', async () => {
    await using story = await startStory()
    const { eventId, ticket } = await eventWithTicket(story)
    const go = async (direction: string) => {
      const { data, code, facts } = await checkIn(story, story.organizer, {
        code: ticket.code,
        eventId,
        direction,
      })
      return code ? [code, facts.reason] : data.checkIn.inside
    }
    expect(await go('EXIT')).toEqual(['TICKET_INVALID', 'NOT_INSIDE'])
    expect(await go('ENTRY')).toBe(true)
    expect(await go('EXIT')).toBe(false)
    expect(await go('ENTRY')).toEqual(['ALREADY_CHECKED_IN', undefined])
    expect((await setPolicy(story, eventId, { reentry: true })).data.setDoorPolicy.reentry).toBe(true)
    expect(await go('ENTRY')).toBe(true)
    expect(await go('ENTRY')).toEqual(['ALREADY_CHECKED_IN', undefined])
    expect(await go('EXIT')).toBe(false)
    expect(await go('EXIT')).toEqual(['TICKET_INVALID', 'NOT_INSIDE'])
  })

  it('lets one in of many who come with one code, and without the guard (NOT inside) several', async () => {
    const meet = async (story: Story) => {
      const { eventId, ticket } = await eventWithTicket(story)
      await setPolicy(story, eventId, { reentry: true })
      const go = (direction: string) =>
        checkIn(story, story.organizer, { code: ticket.code, eventId, direction })
      await go('ENTRY')
      await go('EXIT')
      return (await Promise.all(Array.from({ length: 30 }, () => go('ENTRY')))).filter(({ code }) => !code)
        .length
    }
    await using story = await startStory()
    expect(await meet(story)).toBe(1)
    takeOutGuard(story.deps, " AND status = 'USED' AND NOT inside)", " AND status = 'USED')")
    expect(await meet(story)).toBeGreaterThan(1)
  })
})

describe('gates and days', () => {
  it('are those of the ticket type', async () => {
    await using story = await startStory()
    const { eventId, typeId, ticket } = await eventWithTicket(story)
    const rule = { ticketTypeId: typeId, gates: ['North', 'West'] }
    const { data } = await setPolicy(story, eventId, { admissions: [rule] })
    expect(data.setDoorPolicy).toEqual({
      reentry: false,
      admissions: [{ ticketType: { id: typeId }, gates: ['North', 'West'], days: null }],
    })
    const at = (gate?: string) => checkIn(story, story.organizer, { code: ticket.code, eventId, gate })
    expect((await at('South')).facts).toMatchObject({ reason: 'WRONG_GATE', gates: ['North', 'West'] })
    expect((await at('North')).code).toBeUndefined()
    // The event begins tomorrow.
    const other = await issue(story, typeId)
    await setPolicy(story, eventId, { admissions: [{ ticketTypeId: typeId, days: [1, 2] }] })
    const { facts } = await checkIn(story, story.organizer, { code: other.ticket.code, eventId })
    expect(facts).toMatchObject({ reason: 'WRONG_DAY', days: [1, 2] })
    await story.sql(`UPDATE event_copies SET starts_at = now() - interval '24 hours' WHERE id = '${eventId}'`)
    expect((await checkIn(story, story.organizer, { code: other.ticket.code, eventId })).code).toBeUndefined()
  })

  it('are refused for types of other events, and to others', async () => {
    await using story = await startStory()
    const { eventId, typeId } = await eventWithTicket(story)
    const strange = await setPolicy(story, eventId, { admissions: [{ ticketTypeId: newId(), days: [1] }] })
    expect(strange.facts.fields).toMatchObject([{ path: 'input.admissions.0.ticketTypeId' }])
    const empty = await setPolicy(story, eventId, { admissions: [{ ticketTypeId: typeId }] })
    expect(empty.code).toBe('BAD_USER_INPUT')
    const stranger = person({ role: 'ORGANIZER' })
    expect((await setPolicy(story, eventId, { reentry: true }, stranger)).code).toBe('FORBIDDEN')
  })
})

describe('what has come in', () => {
  it('is counted, and told to whoever organizes the event, as it happens', async () => {
    await using story = await startStory()
    const eventId = await story.event()
    const typeId = await story.ticketType(eventId)
    const { tickets } = await issue(story, typeId, { quantity: 3 })
    const WATCH = `subscription ($eventId: ID!, $since: Int) { checkInRecorded(eventId: $eventId, sinceRevision: $since) {
      revision checkIns { ticket { id } deviceId gate direction outcome } } }`
    const watch = await story.watch(WATCH, { eventId }, story.organizer)
    const stranger = await story.watch(WATCH, { eventId }, person({ role: 'ORGANIZER' }))
    expect((await stranger.until(() => true)).errors[0].extensions.code).toBe('FORBIDDEN')
    const [first, second] = tickets as [{ id: string; code: string }, { id: string; code: string }]
    const scan = (code: string, direction = 'ENTRY') =>
      checkIn(story, story.organizer, { code, eventId, gate: 'North', deviceId: 'A', direction })
    await scan(first.code)
    const { data } = await watch.until((message) => message.data?.checkInRecorded?.checkIns.length > 0)
    expect(data.checkInRecorded.checkIns).toEqual([
      { ticket: { id: first.id }, deviceId: 'A', gate: 'North', direction: 'ENTRY', outcome: 'ACCEPTED' },
    ])
    await scan(second.code)
    await scan(first.code, 'EXIT')
    const stats = await story.mustAsk(
      story.organizer,
      `query ($eventId: ID!) { checkInStats(eventId: $eventId) { total checkedIn inside flagged revision
        ticketTypes { ticketType { id } total checkedIn inside } gates { gate entries } } }`,
      { eventId },
    )
    expect(stats.checkInStats).toEqual({
      total: 3,
      checkedIn: 2,
      inside: 1,
      flagged: 0,
      revision: 3,
      ticketTypes: [{ ticketType: { id: typeId }, total: 3, checkedIn: 2, inside: 1 }],
      gates: [{ gate: 'North', entries: 2 }],
    })
    const late = await story.watch(WATCH, { eventId, since: 1 }, story.organizer)
    const missed = await late.until(() => true)
    expect(missed.data.checkInRecorded).toMatchObject({ revision: 3, checkIns: [{}, {}] })
    const ahead = await story.watch(WATCH, { eventId, since: 99 }, story.admin)
    expect((await ahead.until(() => true)).data.checkInRecorded.checkIns).toHaveLength(3)
  })
})
