import { subgraphSettings } from '@karcis/kit/env'
import { z } from 'zod'

const serviceUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })

/** Settings of the event subgraph: those of every subgraph, and where the consumers of its events are. */
export const eventSettings = subgraphSettings.extend({
  TICKET_URL: serviceUrl,
  BOOKING_URL: serviceUrl,
})

export type EventSettings = z.infer<typeof eventSettings>
