import { subgraphSettings } from '@karcis/kit/env'
import { z } from 'zod'

/** Settings of the ticket subgraph. */
export const ticketSettings = subgraphSettings.extend({
  KEY_ENCRYPTION_SECRET: z.string().min(32, 'needs at least 32 characters'),
  EVENT_URL: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' }),
  /** How long a hold lasts, and again once a booking binds it. */
  HOLD_SECONDS: z.coerce.number().int().min(1).max(86_400).default(600),
  /** How late a change of seats or stock can be when Redis lost it. */
  LIVE_POLL_MS: z.coerce.number().int().min(50).max(60_000).default(2_000),
})

export type TicketSettings = z.infer<typeof ticketSettings>
