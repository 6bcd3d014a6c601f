import { newId } from '@karcis/kit/ids'
import type { Bearer } from '@karcis/kit/service-token'
import { eventually } from '@karcis/testkit/eventually'
import { person, scanner } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { checkIn, createDevice, eventWithTicket, issue, setPolicy } from './doors.ts'
import { takeOutGuard } from './races.ts'
import { type Story, startStory } from './stories.ts'

const BUNDLE = `query ($eventId: ID!, $since: String) { doorBundle(eventId: $eventId, since: $since) {
  eventId now admits endsAt reentry keys { kid kty crv x alg } whole more cursor
  ticketTypes { ticketType { id } name gates windows { from until } tickets } } }`

const read = (story: Story, eventId: string, since?: string, asker: Bearer = story.organizer) =>
  story.ask(asker, BUNDLE, { eventId, since })

const STATES = ['VALID', 'OUTSIDE', 'INSIDE', 'REFUNDED', 'CANCELLED', 'TRANSFERRED', 'FROZEN']
const keyOf = (ticketId: string): string => ticketId.replaceAll('-', '').slice(16)

/** A device as somebody would write it: what it has, by the last 8 bytes of ids. */
async function createScanner(story: Story, eventId: string) {
  const states = new Map<string, string | undefined>()
  let since: string | undefined
  return {
    states,
    get cursor() {
      return since
    },
    /** @returns how many tickets it was told of. */
    async update(): Promise<number> {
      let told = 0
      for (let more = true; more; ) {
        const { doorBundle } = (await read(story, eventId, since)).data
        if (doorBundle.whole) states.clear()
        for (const { tickets } of doorBundle.ticketTypes) {
          const bytes = Buffer.from(tickets, 'base64')
          for (let at = 0; at < bytes.length; at += 9) {
            states.set(bytes.toString('hex', at, at + 8), STATES[bytes[at + 8] ?? 99])
            told += 1
          }
        }
        since = doorBundle.cursor
        more = doorBundle.more
      }
      return told
    },
  }
}

/** What changed while a transaction was open, of whatever database of the server, may be told again until that has ended. */
const untilToldOfNothing = (device: { update(): Promise<number> }): Promise<void> =>
  eventually(async () => expect(await device.update()).toBe(0))

/** A cursor from when no transaction is open any more that was while tickets changed: what is told by then is not told again. */
async function quietCursor(story: Story, eventId: string): Promise<string | undefined> {
  const device = await createScanner(story, eventId)
  await device.update()
  await untilToldOfNothing(device)
  return device.cursor
}

describe('what a door is given', () => {
  it('is enough to judge tickets without us, and afterwards what has changed', async () => {
    await using story = await startStory()
    const { eventId, typeId, ticket } = await eventWithTicket(story)
    const others = (await issue(story, typeId, { quantity: 4 })).tickets
    const [second, third, fourth, fifth] = others.map(({ id }) => id)
    const refunded = await issue(story, typeId)
    await setPolicy(story, eventId, {
      reentry: true,
      admissions: [{ ticketTypeId: typeId, gates: ['North'], days: [1] }],
    })
    const { id } = (await createDevice(story, eventId)).data.createDoorDevice
    const { data } = await read(story, eventId, undefined, scanner(id))
    const { ticketTypes, ...facts } = data.doorBundle
    expect(facts).toMatchObject({
      eventId,
      admits: true,
      reentry: true,
      whole: true,
      more: false,
      keys: [{ kty: 'OKP' }],
    })
    expect(ticketTypes).toMatchObject([{ ticketType: { id: typeId }, name: 'Festival', gates: ['North'] }])
    const [{ from, until }] = ticketTypes[0].windows
    expect(Date.parse(until) - Date.parse(from)).toBe(24 * 3_600_000)

    const device = await createScanner(story, eventId)
    expect(await device.update()).toBe(6)
    expect([...new Set(device.states.values())]).toEqual(['VALID'])
    await untilToldOfNothing(device)

    await setPolicy(story, eventId, { admissions: [] })
    const go = (code: string, direction = 'ENTRY') =>
      checkIn(story, story.organizer, { code, eventId, direction })
    await go(ticket.code)
    await go(others[0]?.code ?? '')
    await go(others[0]?.code ?? '', 'EXIT')
    await story.booking.cancel(refunded.bookingId)
    await story.sql(`UPDATE tickets SET frozen = true WHERE id = '${third}'`)
    await story.sql(`UPDATE tickets SET status = 'CANCELLED' WHERE id = '${fourth}'`)
    const late = await issue(story, typeId)
    expect(await device.update()).toBe(6)
    expect(Object.fromEntries(device.states)).toEqual({
      [keyOf(ticket.id)]: 'INSIDE',
      [keyOf(second ?? '')]: 'OUTSIDE',
      [keyOf(third ?? '')]: 'FROZEN',
      [keyOf(fourth ?? '')]: 'CANCELLED',
      [keyOf(fifth ?? '')]: 'VALID',
      [keyOf(refunded.ticket.id)]: 'REFUNDED',
      [keyOf(late.ticket.id)]: 'VALID',
    })
    await untilToldOfNothing(device)
  })

  it('is given to scanners of the event, its organizer and admins, by cursors of that event', async () => {
    await using story = await startStory()
    const { eventId, buyer } = await eventWithTicket(story)
    const { cursor } = (await read(story, eventId)).data.doorBundle
    for (const viewer of [buyer, person({ role: 'ORGANIZER' })])
      expect((await read(story, eventId, undefined, viewer)).code).toBe('FORBIDDEN')
    expect((await read(story, eventId, undefined, scanner(newId()))).code).toBe('UNAUTHENTICATED')
    const elsewhere = await eventWithTicket(story)
    expect((await read(story, elsewhere.eventId, cursor)).code).toBe('BAD_USER_INPUT')
    for (const wrong of ['', 'x', Buffer.from(`${eventId} 1 2 3`).toString('base64url')])
      expect((await read(story, eventId, wrong)).code).toBe('BAD_USER_INPUT')
    // As after a restore: this database has not come so far.
    const ahead = Buffer.from(`${eventId} 99999999999 99999999999  `).toString('base64url')
    expect((await read(story, eventId, ahead)).data.doorBundle.whole).toBe(true)
  })

  it('is in pages, and whatever changes between them comes after the last', async () => {
    await using story = await startStory()
    const { eventId, typeId, ticket } = await eventWithTicket(story)
    await fill(story, eventId, typeId, 100_050)
    await quietCursor(story, eventId)
    const first = (await read(story, eventId)).data.doorBundle
    expect(first).toMatchObject({ whole: true, more: true })
    // The first ticket of all, which the first page has told of.
    await checkIn(story, story.organizer, { code: ticket.code, eventId })
    const second = (await read(story, eventId, first.cursor)).data.doorBundle
    expect(second).toMatchObject({ whole: false, more: false })
    const third = (await read(story, eventId, second.cursor)).data.doorBundle
    const sizeOf = ({ ticketTypes: [{ tickets }] }: { ticketTypes: [{ tickets: string }] }) =>
      Buffer.from(tickets, 'base64').length / 9
    expect([first, second, third].map(sizeOf)).toEqual([100_000, 51, 1])
  })

  it('is 12 characters a ticket: less than a megabyte for 60,000', async () => {
    await using story = await startStory()
    const { eventId, typeId, ticket } = await eventWithTicket(story)
    await fill(story, eventId, typeId, 59_999)
    const sizeOf = (answer: unknown): number => JSON.stringify(answer).length
    const { data } = await read(story, eventId)
    expect(sizeOf(data)).toBeLessThan(60_000 * 12 + 2_000)
    const cursor = await quietCursor(story, eventId)
    await checkIn(story, story.organizer, { code: ticket.code, eventId })
    expect(sizeOf((await read(story, eventId, cursor)).data)).toBeLessThan(1_000)
  })
})

/** So many tickets more, of one booking that nobody has made: in parts, for a statement has little time. */
async function fill(story: Story, eventId: string, typeId: string, count: number): Promise<void> {
  const [owner, booking] = [newId(), newId()]
  for (let at = 1; at <= count; at += 10_000) {
    const last = Math.min(count, at + 9_999)
    await story.sql(`INSERT INTO tickets (id, code, event_id, ticket_type_id, owner_id, booking_id, ordinal)
      SELECT uuidv7(), 'code ' || n, '${eventId}', '${typeId}', '${owner}', '${booking}', n FROM generate_series(${at}, ${last}) AS n`)
  }
}

describe('changes whose transactions end in another order than they began in', () => {
  /** One began before the door asked, and ends after it. @returns what the door knows of the ticket in the end. */
  async function overtaken(story: Story) {
    const { eventId, typeId, ticket } = await eventWithTicket(story)
    const other = (await issue(story, typeId)).ticket
    const device = await createScanner(story, eventId)
    await device.update()
    await story.deps.db.$transaction(async (tx) => {
      await tx.$executeRawUnsafe(`UPDATE tickets SET status = 'CANCELLED' WHERE id = '${ticket.id}'`)
      await checkIn(story, story.organizer, { code: other.code, eventId })
      await device.update()
      expect(device.states.get(keyOf(other.id))).toBe('INSIDE')
    })
    await device.update()
    return device.states.get(keyOf(ticket.id))
  }

  it('without the guard (pg_snapshot_xmin) are missed', async () => {
    await using story = await startStory()
    const guard = takeOutGuard(story.deps, 'pg_snapshot_xmin', 'pg_snapshot_xmax')
    expect(await overtaken(story)).toBe('VALID')
    expect(guard.count).toBeGreaterThan(0)
  })

  it('are not', async () => {
    await using story = await startStory()
    expect(await overtaken(story)).toBe('CANCELLED')
  })
})
