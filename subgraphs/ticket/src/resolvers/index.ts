import { joinResolvers } from '@karcis/kit/resolvers'
import { DateTime, JsonValue, Money } from '@karcis/kit/scalars'
import type { Resolvers } from '../generated/resolvers-types.ts'
import { bookings } from './bookings.ts'
import { door } from './door.ts'
import { holds } from './holds.ts'
import { queues } from './queues.ts'
import { seatLayouts } from './seat-layouts.ts'
import { seats } from './seats.ts'
import { ticketTypes } from './ticket-types.ts'
import { tickets } from './tickets.ts'
import { waitlists } from './waitlists.ts'

/** Everything that schema/ticket.graphql names. */
export const resolvers = joinResolvers<Resolvers>(
  { DateTime, JSON: JsonValue, Money },
  ticketTypes,
  seats,
  seatLayouts,
  holds,
  queues,
  waitlists,
  tickets,
  door,
  bookings,
)
