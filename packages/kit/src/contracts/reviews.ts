import { z } from 'zod'

/** Asks the event subgraph for the reviews that `$representations` name, under `_entities`; null for each that the viewer may not see. */
export const VISIBLE_REVIEWS = `query VisibleReviews($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on Review { id author { id } } }
}`

/** The answer to `VISIBLE_REVIEWS`. */
export const visibleReviews = z.object({
  _entities: z.array(z.object({ id: z.uuid(), author: z.object({ id: z.uuid() }).nullable() }).nullable()),
})
