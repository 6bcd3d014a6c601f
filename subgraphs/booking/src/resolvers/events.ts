import { parseId } from '@karcis/kit/ids'
import type { Resolvers } from '../generated/resolvers-types.ts'

/** An event as every part of this subgraph that adds to it begins: by its id alone, whether there is one or not. */
export const events: Resolvers = {
  Event: {
    __resolveReference({ id: text }) {
      const id = parseId(text)
      return id === null ? null : { id }
    },
  },
}
