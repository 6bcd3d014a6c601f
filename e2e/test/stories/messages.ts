import { eventually } from '@karcis/testkit/eventually'
import { expect } from 'vitest'
import {
  approvedEvent,
  createBooking,
  type Person,
  pay,
  signInAdmin,
  signUp,
  signUpOrganizer,
  ticketType,
} from '../builders.ts'
import type { Karcis } from '../karcis.ts'

const DAY_MS = 86_400_000

/** Kinds of what somebody was told, oldest first. */
async function toldTo(karcis: Karcis, { token }: Person): Promise<string[]> {
  const { notifications } = await karcis.run(
    '{ notifications(last: 50) { edges { node { kind } } } }',
    {},
    token,
  )
  return notifications.edges.map(({ node }: { node: { kind: string } }) => node.kind).toReversed()
}

const buy = async (
  karcis: Karcis,
  person: Person,
  ticketTypeId: string,
): Promise<{ booking: string; ticket: string }> => {
  const { createBooking: booking } = await createBooking(karcis, person, { ticketTypeId, quantity: 1 })
  const { confirmPayment: paid } = await pay(karcis, person, booking.id)
  return { booking: booking.id, ticket: paid.tickets[0].id }
}

/** people are told of what happens to them, once each: from an event of whom they follow to its being called off. */
export async function messageStory(karcis: Karcis): Promise<void> {
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const [siti, budi, ayu] = [
    await signUp(karcis, 'Siti'),
    await signUp(karcis, 'Budi'),
    await signUp(karcis, 'Ayu'),
  ]
  const as = (person: Person, operation: string, variables: object = {}) =>
    karcis.run(operation, { ...variables }, person.token)
  await as(siti, 'mutation ($id: ID!) { followOrganizer(id: $id) { id } }', { id: organizer.id })
  await as(
    siti,
    'mutation { updateNotificationPreferences(input: { switches: [{ group: CAMPAIGNS, channel: EMAIL, enabled: true }] }) { language } }',
  )

  const eventId = await approvedEvent(karcis, admin, organizer)
  const last = await ticketType(karcis, organizer, eventId, { name: 'Front', price: 100_000, quota: 1 })
  const standing = await ticketType(karcis, organizer, eventId, {
    name: 'Standing',
    price: 50_000,
    quota: 100,
  })
  await eventually(async () => expect(await toldTo(karcis, siti)).toEqual(['NEW_EVENT']))
  await eventually(async () =>
    expect(await toldTo(karcis, organizer)).toEqual(['PROPOSAL_REVIEWED', 'EVENT_REVIEWED']),
  )

  // The last place is bought, waited for, given back and offered.
  const front = await buy(karcis, siti, last)
  await as(ayu, 'mutation ($id: ID!) { joinWaitlist(ticketTypeId: $id) { id } }', { id: last })
  await eventually(async () => expect(await toldTo(karcis, siti)).toContain('PURCHASE'))
  await karcis.run(
    'mutation ($id: ID!) { refundBooking(id: $id, reason: "As agreed.") { status } }',
    { id: front.booking },
    admin,
  )
  await eventually(async () => expect(await toldTo(karcis, siti)).toContain('REFUND_PAID'))
  await eventually(async () => expect(await toldTo(karcis, ayu)).toEqual(['WAITLIST_OFFER']))

  // A ticket is handed on; a guest is invited who has an account.
  const { ticket } = await buy(karcis, siti, standing)
  await as(
    siti,
    'mutation ($id: ID!, $email: String!) { transferTicket(id: $id, email: $email) { status } }',
    {
      id: ticket,
      email: budi.email,
    },
  )
  await buy(karcis, siti, standing)
  await eventually(async () => expect(await toldTo(karcis, budi)).toEqual(['TICKET_RECEIVED']))
  await as(organizer, 'mutation ($input: ImportGuestsInput!) { importGuests(input: $input) { id } }', {
    input: { eventId, csv: `Name,Email,Ticket\nAyu,${ayu.email},Standing` },
  })

  // It is advertised to whoever has bought, moved to another time, and called off.
  await as(organizer, 'mutation ($input: SendCampaignInput!) { sendCampaign(input: $input) { id } }', {
    input: { eventId, subject: 'Bring a friend', body: 'Two for one.', audience: 'PAST_BUYERS' },
  })
  await eventually(async () => expect(await toldTo(karcis, siti)).toContain('CAMPAIGN'))
  const startsAt = Date.now() + 30 * DAY_MS
  await as(organizer, 'mutation ($input: RescheduleEventInput!) { rescheduleEvent(input: $input) { id } }', {
    input: {
      id: eventId,
      startsAt: new Date(startsAt).toISOString(),
      endsAt: new Date(startsAt + DAY_MS / 8).toISOString(),
      refundUntil: new Date(startsAt - DAY_MS).toISOString(),
    },
  })
  await eventually(async () => expect(await toldTo(karcis, budi)).toContain('EVENT_CHANGED'))
  await as(
    organizer,
    'mutation ($id: ID!) { cancelEvent(id: $id, reason: "The hall is flooded.") { status } }',
    {
      id: eventId,
    },
  )
  await eventually(async () => {
    expect((await toldTo(karcis, siti)).toSorted()).toEqual([
      'CAMPAIGN',
      'EVENT_CANCELLED',
      'EVENT_CHANGED',
      'NEW_EVENT',
      'PURCHASE',
      'PURCHASE',
      'PURCHASE',
      'REFUND_PAID', // of the last place,
      'REFUND_PAID', // and of both that the event's end gives back: the one that was handed on is its buyer's money
      'REFUND_PAID',
      'TICKET_SENT',
    ])
    expect((await toldTo(karcis, budi)).toSorted()).toEqual([
      'EVENT_CANCELLED',
      'EVENT_CHANGED',
      'TICKET_RECEIVED',
    ])
    expect((await toldTo(karcis, ayu)).toSorted()).toEqual(
      expect.arrayContaining(['EVENT_CANCELLED', 'EVENT_CHANGED', 'GUEST_INVITED', 'WAITLIST_OFFER']),
    )
  })
  const { campaigns } = await karcis.run(
    'query ($eventId: ID!) { campaigns(eventId: $eventId) { totalCount edges { node { status people event { title } } } } }',
    { eventId },
    organizer.token,
  )
  expect(campaigns).toMatchObject({
    totalCount: 1,
    edges: [{ node: { status: 'STOPPED', people: 1, event: { title: expect.stringMatching(/^Night/) } } }],
  })
}
