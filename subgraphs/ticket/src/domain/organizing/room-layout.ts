import { BadUserInput, Conflict, ServiceUnavailable } from '@karcis/kit/errors'
import type { ServiceClient } from '@karcis/kit/service-client'
import { z } from 'zod'
import type { TicketType } from '../inventory/ticket-type.ts'
import type { SectionPlan } from './seat-plan.ts'

const SEAT_LAYOUT_OF_ROOM = `query SeatLayoutOfRoom($roomId: ID!) {
  seatLayoutOfRoom(roomId: $roomId) { sections {
    name rows seatsPerRow rowLabels accessibleSeats { row number } priceTier } } }`

const roomLayout = z.object({
  sections: z.array(
    z.object({
      name: z.string(),
      rows: z.int(),
      seatsPerRow: z.int(),
      rowLabels: z.array(z.string()),
      accessibleSeats: z.array(z.object({ row: z.string(), number: z.int() })),
      priceTier: z.string().nullable(),
    }),
  ),
})

/** Where the seats of a room stand, as the event subgraph keeps it: section by section, from the front. */
export type RoomLayout = z.infer<typeof roomLayout>

/** What the seats of a section are sold as. */
export interface Tier {
  section: string
  ticketTypeId: string
}

/** @throws Conflict when there is no room, or it has no fixed seats; ServiceUnavailable when the event subgraph does not answer. */
export async function readRoomLayout(
  { clients }: { clients: Record<string, ServiceClient> },
  roomId: string | null,
): Promise<RoomLayout> {
  const noLayout = new Conflict(
    'The event has no room with fixed seats. Give the sections of the seat map.',
    {
      roomId,
    },
  )
  if (roomId === null) throw noLayout
  if (!clients.event) throw new ServiceUnavailable()
  const answer = await clients.event.query<{ seatLayoutOfRoom: unknown }>(SEAT_LAYOUT_OF_ROOM, { roomId })
  if (answer.seatLayoutOfRoom === null) throw noLayout
  return roomLayout.parse(answer.seatLayoutOfRoom)
}

/**
 * The sections of a seat map as a room's seats stand, one behind the other. Each is sold as its tier says; without one, as the type
 * that has the name of its price tier, or as the only type that there is.
 * @throws BadUserInput for tiers that fit nothing, and sections of which nobody knows what they are sold as.
 */
export function sectionsOfLayout(
  layout: RoomLayout,
  types: readonly TicketType[],
  tiers: readonly Tier[],
): SectionPlan[] {
  const names = new Set(layout.sections.map((section) => section.name))
  const ids = new Set(types.map((type) => type.id))
  const problems = tiers.flatMap(({ section, ticketTypeId }, at) => {
    const here = `input.tiers.${at}`
    if (!names.has(section))
      return [{ path: `${here}.section`, message: "is not a section of the event's room" }]
    if (tiers.findIndex((tier) => tier.section === section) < at)
      return [{ path: `${here}.section`, message: 'is among the tiers already' }]
    if (!ids.has(ticketTypeId))
      return [{ path: `${here}.ticketTypeId`, message: 'is not a ticket type of this event' }]
    return []
  })
  const tierOf = new Map(tiers.map((tier) => [tier.section, tier.ticketTypeId]))
  const typeOf = ({ name, priceTier }: RoomLayout['sections'][number]): string | undefined => {
    const named = types.find((type) => priceTier !== null && isSameName(type.name, priceTier))
    return tierOf.get(name) ?? named?.id ?? (types.length === 1 ? types[0]?.id : undefined)
  }
  const unsold = layout.sections.filter((section) => typeOf(section) === undefined)
  if (unsold.length > 0) {
    const those = unsold.map((section) => section.name).join(', ')
    problems.push({ path: 'input.tiers', message: `must say as what these sections are sold: ${those}` })
  }
  if (problems.length > 0) throw new BadUserInput(problems)
  return layout.sections.map((section) => {
    const { name, rows, seatsPerRow, rowLabels, accessibleSeats: accessible } = section
    return { name, rows, seatsPerRow, rowLabels, accessible, ticketTypeId: typeOf(section) ?? '' }
  })
}

const isSameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
