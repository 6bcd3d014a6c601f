import { Conflict, ServiceUnavailable } from '@karcis/kit/errors'
import type { ServiceClient } from '@karcis/kit/service-client'
import { z } from 'zod'
import type { TicketType } from '../inventory/ticket-type.ts'
import type { SectionPlan } from './seat-plan.ts'
import { soldAs, type Tier } from './section-tiers.ts'

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
 * The sections of a seat map as a room's seats stand, one behind the other, sold as `soldAs` says.
 * @throws BadUserInput as that does.
 */
export function sectionsOfLayout(
  layout: RoomLayout,
  types: readonly TicketType[],
  tiers: readonly Tier[],
): SectionPlan[] {
  const sold = soldAs(layout.sections, [], types, tiers)
  return layout.sections.map((section) => {
    const { name, rows, seatsPerRow, rowLabels, accessibleSeats: accessible } = section
    return { name, rows, seatsPerRow, rowLabels, accessible, ticketTypeId: sold.get(name) ?? '' }
  })
}
