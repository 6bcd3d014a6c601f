import { days, subgraphSettings } from '@karcis/kit/env'
import { z } from 'zod'

const serviceUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })

/** Settings of the event subgraph: those of every subgraph, and where those are that it asks or tells of its events. */
export const eventSettings = subgraphSettings.extend({
  USER_URL: serviceUrl,
  TICKET_URL: serviceUrl,
  BOOKING_URL: serviceUrl,
  /** After how many days an event that nobody reviewed no longer keeps its room. */
  REVIEW_DAYS: z.coerce.number().int().min(1).max(366).default(14),
  /** For how many days views are told apart by day; popularity looks back 30. */
  VIEW_RETENTION_DAYS: z.coerce.number().int().min(31).default(90),
  /** What people have searched for. */
  SEARCH_HISTORY_RETENTION_DAYS: days(90),
  /** Blocks of rooms, from when they are over. */
  ROOM_BLOCK_RETENTION_DAYS: days(365),
})

export type EventSettings = z.infer<typeof eventSettings>
