import { z } from 'zod'

/** What the people that `$representations` name are called, under `_entities`; asked of the user subgraph. Null for whom there is none. */
export const NAMES = `query Names($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on User { id name } }
}`

/** The answer to `NAMES`. */
export const names = z.object({
  _entities: z.array(z.object({ id: z.uuid(), name: z.string() }).nullable()),
})
