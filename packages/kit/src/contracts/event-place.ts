import { z } from 'zod'

/** Where an event is, in words, as a ticket for it says. */
export const eventPlace = z.object({
  id: z.uuid(),
  /** Name of the venue, else of the location; null for an event without a place. */
  name: z.string().nullable(),
  /** Street and number. */
  address: z.string().nullable(),
  city: z.string().nullable(),
  /** The room of the venue. */
  room: z.string().nullable(),
  /** Whether people can take part online. */
  online: z.boolean(),
})

export type EventPlace = z.infer<typeof eventPlace>

/** Asks the event subgraph, by `$id`; `eventPlace` of its answer is null when there is no such event. */
export const EVENT_PLACE = `query EventPlace($id: ID!) {
  eventPlace(id: $id) { ${Object.keys(eventPlace.shape).join(' ')} }
}`
