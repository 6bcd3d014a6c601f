import { subgraphSettings } from '@karcis/kit/env'
import { z } from 'zod'

/** Settings of the event subgraph: those of every subgraph, and where the consumer of its events is. */
export const eventSettings = subgraphSettings.extend({
  TICKET_URL: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' }),
})

export type EventSettings = z.infer<typeof eventSettings>
