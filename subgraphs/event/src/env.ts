import { subgraphSettings } from '@karcis/kit/env'
import { z } from 'zod'

const serviceUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })

/** Settings of the event subgraph: those of every subgraph, and where those are that it asks or tells of its events. */
export const eventSettings = subgraphSettings.extend({
  USER_URL: serviceUrl,
  TICKET_URL: serviceUrl,
})

export type EventSettings = z.infer<typeof eventSettings>
