import { createDoorTokens } from '@karcis/kit/door-tokens'
import { newId } from '@karcis/kit/ids'
import type { Loose } from '@karcis/testkit/gql'
import { person, scanner, SERVICE_SECRET } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { checkIn, createDevice, eventWithTicket, issue, setPolicy } from './doors.ts'
import { startStory } from './stories.ts'

const LIST = 'query ($eventId: ID!) { doorDevices(eventId: $eventId) { id name gate token revokedAt } }'
const REVOKE = 'mutation ($id: ID!) { revokeDoorDevice(id: $id) { id revokedAt } }'

describe('a scanner', () => {
  it('checks tickets of its event in, at its gate, until it is revoked', async () => {
    await using story = await startStory()
    const { eventId, typeId, ticket } = await eventWithTicket(story)
    const { data } = await createDevice(story, eventId, 'North')
    const { id, token, ...facts } = data.createDoorDevice
    expect(facts).toMatchObject({ eventId, name: 'Tablet', gate: 'North', revokedAt: null })
    expect(createDoorTokens(SERVICE_SECRET).read(token)?.deviceId).toBe(id)
    await setPolicy(story, eventId, { admissions: [{ ticketTypeId: typeId, gates: ['South'] }] })
    const input = { code: ticket.code, eventId }
    expect((await checkIn(story, scanner(id), { ...input, gate: 'South' })).facts.reason).toBe('WRONG_GATE')
    await setPolicy(story, eventId, { admissions: [] })
    expect((await checkIn(story, scanner(id), { ...input, deviceId: 'another' })).code).toBe('FORBIDDEN')
    expect((await checkIn(story, scanner(id), input)).data.checkIn.status).toBe('USED')
    const again = await checkIn(story, scanner(id), input)
    expect(again.facts).toMatchObject({ deviceId: id, gate: 'North' })
    const stats =
      'query ($eventId: ID!) { checkInStats(eventId: $eventId) { checkedIn gates { gate entries } } }'
    expect((await story.mustAsk(scanner(id), stats, { eventId })).checkInStats).toEqual({
      checkedIn: 1,
      gates: [{ gate: 'North', entries: 1 }],
    })
    const first = (await story.mustAsk(story.organizer, REVOKE, { id })).revokeDoorDevice.revokedAt
    expect((await story.mustAsk(story.admin, REVOKE, { id })).revokeDoorDevice.revokedAt).toBe(first)
    const other = await issue(story, typeId)
    expect((await checkIn(story, scanner(id), { code: other.ticket.code, eventId })).code).toBe(
      'UNAUTHENTICATED',
    )
    const listed = await story.mustAsk(story.organizer, LIST, { eventId })
    expect(listed.doorDevices).toEqual([{ id, name: 'Tablet', gate: 'North', token: null, revokedAt: first }])
  })

  it('hears of the entries at other doors of its event, until it is revoked', async () => {
    await using story = await startStory()
    const { eventId, typeId, ticket } = await eventWithTicket(story)
    const elsewhere = await eventWithTicket(story)
    const { id } = (await createDevice(story, eventId, 'North')).data.createDoorDevice
    // From the beginning: which of watch and entry comes first is then the same.
    const WATCH = `subscription ($eventId: ID!) { checkInRecorded(eventId: $eventId, sinceRevision: 0) {
      checkIns { gate scannedAt outcome ticket { id ticketType { name } } } } }`
    const refused = await story.watch(WATCH, { eventId: elsewhere.eventId }, scanner(id))
    expect((await refused.until(() => true)).errors[0].extensions.code).toBe('FORBIDDEN')
    const watch = await story.watch(WATCH, { eventId }, scanner(id))
    await checkIn(story, story.organizer, { code: ticket.code, eventId, gate: 'South' })
    const { data } = await watch.until((message) => message.data?.checkInRecorded?.checkIns.length > 0)
    expect(data.checkInRecorded.checkIns).toMatchObject([
      { gate: 'South', outcome: 'ACCEPTED', ticket: { id: ticket.id, ticketType: { name: 'Festival' } } },
    ])
    await story.mustAsk(story.organizer, REVOKE, { id })
    const organizers = await story.watch(WATCH, { eventId }, story.organizer)
    for (const { code, id: ticketId } of (await issue(story, typeId, { quantity: 2 })).tickets) {
      await checkIn(story, story.organizer, { code, eventId })
      await organizers.until(({ data }) =>
        data?.checkInRecorded?.checkIns.some(({ ticket }: Loose) => ticket.id === ticketId),
      )
    }
    // The first of these two it would have been told before the organizer was told of the second.
    const told = watch.received.flatMap((message) => message.data?.checkInRecorded?.checkIns ?? [])
    expect(told).toHaveLength(1)
  })

  it('is good for its own event, and for nothing else', async () => {
    await using story = await startStory()
    const { eventId } = await eventWithTicket(story)
    const elsewhere = await eventWithTicket(story)
    const { id } = (await createDevice(story, eventId)).data.createDoorDevice
    const scan = { code: elsewhere.ticket.code, eventId: elsewhere.eventId }
    expect((await checkIn(story, scanner(id), scan)).code).toBe('FORBIDDEN')
    expect((await checkIn(story, scanner(newId()), scan)).code).toBe('UNAUTHENTICATED')
    for (const ask of [
      '{ myTickets { totalCount } }',
      `{ doorDevices(eventId: "${eventId}") { id } }`,
      `{ doorPolicy(eventId: "${eventId}") { reentry } }`,
      `mutation { setDoorPolicy(input: { eventId: "${eventId}" reentry: true }) { reentry } }`,
      `mutation { undoCheckIn(ticketId: "${elsewhere.ticket.id}") { id } }`,
      `mutation { createDoorDevice(input: { eventId: "${eventId}" name: "B" }) { id } }`,
      `mutation { revokeDoorDevice(id: "${id}") { id } }`,
      `mutation { holdTickets(input: { ticketTypeId: "${elsewhere.typeId}" quantity: 1 }) { id } }`,
      `{ ticket(id: "${elsewhere.ticket.id}") { code } }`,
    ])
      expect((await story.ask(scanner(id), ask)).code, ask).toBe('UNAUTHENTICATED')
  })

  it('is made and revoked by the organizer of its event', async () => {
    await using story = await startStory()
    const { eventId } = await eventWithTicket(story)
    const { id } = (await createDevice(story, eventId)).data.createDoorDevice
    for (const viewer of [person(), person({ role: 'ORGANIZER' })]) {
      expect((await createDevice(story, eventId, undefined, viewer)).code).toBe('FORBIDDEN')
      expect((await story.ask(viewer, REVOKE, { id })).code).toBe('FORBIDDEN')
      expect((await story.ask(viewer, LIST, { eventId })).code).toBe('FORBIDDEN')
    }
    expect((await story.ask(story.organizer, REVOKE, { id: newId() })).code).toBe('NOT_FOUND')
    expect((await createDevice(story, newId())).code).toBe('NOT_FOUND')
  })
})
