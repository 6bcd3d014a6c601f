import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { person } from '@karcis/testkit/people'
import type { Answer } from '@karcis/testkit/ask'
import { issue } from './doors.ts'
import { HOLD, type Process, type Story } from './stories.ts'

const ENTRY = `id quantity status position joinedAt hold { ${HOLD} } ticketType { id }`

export const join = (viewer: Viewer | null, ticketTypeId: string, quantity: number, process: Process) =>
  process.ask(
    viewer,
    `mutation ($id: ID!, $quantity: Int!) { joinWaitlist(ticketTypeId: $id, quantity: $quantity) { ${ENTRY} } }`,
    { id: ticketTypeId, quantity },
  )

export const leave = (viewer: Viewer | null, ticketTypeId: string, process: Process): Promise<Answer> =>
  process.ask(viewer, `mutation ($id: ID!) { leaveWaitlist(ticketTypeId: $id) { ${ENTRY} } }`, {
    id: ticketTypeId,
  })

export const entryOf = async (viewer: Viewer, ticketTypeId: string, process: Process) =>
  (
    await process.ask(viewer, `query ($id: ID!) { waitlistEntry(ticketTypeId: $id) { ${ENTRY} } }`, {
      id: ticketTypeId,
    })
  ).data.waitlistEntry

/** Somebody in line for so many places of a type. */
export async function inLine(story: Story, ticketTypeId: string, quantity = 1): Promise<Viewer> {
  const viewer = person()
  const { code, facts } = await join(viewer, ticketTypeId, quantity, story)
  if (code) throw new Error(`${code} ${JSON.stringify(facts)}`)
  return viewer
}

/** A ticket type of which everything is sold, each to somebody of their own. */
export async function soldOut(story: Story, quota: number, type: Record<string, unknown> = {}) {
  const eventId = await story.event()
  const typeId = await story.ticketType(eventId, { quota, ...type })
  const sold = []
  for (let at = 0; at < quota; at += 1) sold.push(await issue(story, typeId))
  return { eventId, typeId, sold }
}

/** What is held for somebody, as a booking of theirs that is paid. */
export async function accept(story: Story, viewer: Viewer, holdId: string) {
  const bookingId = newId()
  const bound = await story.booking.bind(viewer, holdId, bookingId)
  const issued = bound.code ? null : (await story.booking.issue(bookingId)).data.issueTickets
  return { code: bound.code, bookingId, issued }
}
