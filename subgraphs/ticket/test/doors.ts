import { newId } from '@karcis/kit/ids'
import type { Bearer, Viewer } from '@karcis/kit/service-token'
import { person } from '@karcis/testkit/people'
import type { Story } from './stories.ts'

const CHECK_IN = `mutation ($input: CheckInInput!) { checkIn(input: $input) { id status checkedInAt inside owner { id } } }`

/** A ticket as its owner has it. */
export interface IssuedTicket {
  id: string
  code: string
}

/** Tickets of a type that a buyer has paid for. */
export async function issue(
  story: Story,
  typeId: string,
  { buyer = person(), quantity = 1 }: { buyer?: Viewer; quantity?: number } = {},
) {
  const bookingId = newId()
  await story.booking.take(buyer, bookingId, typeId, quantity)
  const { ticketIds } = (await story.booking.issue(bookingId)).data.issueTickets
  const tickets = await Promise.all(
    (ticketIds as string[]).map(
      async (id): Promise<IssuedTicket> =>
        (await story.mustAsk(buyer, 'query ($id: ID!) { ticket(id: $id) { id code } }', { id })).ticket,
    ),
  )
  return { buyer, bookingId, tickets, ticket: tickets[0] as IssuedTicket }
}

/** An event with one ticket type, and one ticket of it. */
export async function eventWithTicket(story: Story, facts: Record<string, unknown> = {}) {
  const eventId = await story.event(facts)
  const typeId = await story.ticketType(eventId)
  return { eventId, typeId, ...(await issue(story, typeId)) }
}

export const checkIn = (story: Story, asker: Bearer | null, input: Record<string, unknown>) =>
  story.ask(asker, CHECK_IN, { input })

export const setPolicy = (story: Story, eventId: string, policy: Record<string, unknown>, asker?: Viewer) =>
  story.ask(
    asker ?? story.organizer,
    `mutation ($input: SetDoorPolicyInput!) {
      setDoorPolicy(input: $input) { reentry admissions { ticketType { id } gates days } } }`,
    { input: { eventId, ...policy } },
  )

export const createDevice = (story: Story, eventId: string, gate?: string, asker?: Viewer) =>
  story.ask(
    asker ?? story.organizer,
    `mutation ($input: CreateDoorDeviceInput!) {
      createDoorDevice(input: $input) { id eventId name gate token expiresAt revokedAt } }`,
    { input: { eventId, name: 'Tablet', gate } },
  )
