import { days, subgraphSettings, unlessEmpty } from '@karcis/kit/env'
import { z } from 'zod'
import { OPENSTREETMAP, templateProblem } from './domain/events/maps.ts'

const serviceUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })

/** The address of a map with what it asks for in braces; null for `none`. */
const mapTemplate = z
  .string()
  .transform((template) => (template === 'none' ? null : template))
  .superRefine((template, context) => {
    const message = template === null ? null : templateProblem(template)
    if (message !== null) context.addIssue({ code: 'custom', message })
  })

/** Settings of the event subgraph: those of every subgraph, and where those are that it asks or tells of its events. */
export const eventSettings = subgraphSettings.extend({
  USER_URL: serviceUrl,
  TICKET_URL: serviceUrl,
  BOOKING_URL: serviceUrl,
  /** A map for a frame of a page, and one as a picture. */
  MAP_EMBED_URL: unlessEmpty(mapTemplate.prefault(OPENSTREETMAP)),
  MAP_STATIC_URL: unlessEmpty(mapTemplate.prefault('none')),
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
