import { joinResolvers } from '@karcis/kit/resolvers'
import { DateTime, LocalDate, Money } from '@karcis/kit/scalars'
import type { Resolvers } from '../generated/resolvers-types.ts'
import { clearLoaders, type Context } from '../request-context.ts'
import { catalog } from './catalog.ts'
import { events } from './events.ts'
import { staff } from './staff.ts'
import { searchHistory } from './search-history.ts'
import { reviews } from './reviews.ts'
import { venues } from './venues.ts'

type AnyResolver = (parent: object, args: never, ctx: Context, info: never) => unknown

/** Mutations of one request run one after the other: each of them, and the selection on its result, reads afresh. */
const readingAfresh =
  (resolve: AnyResolver): AnyResolver =>
  async (parent, args, ctx, info) => {
    clearLoaders(ctx.loaders)
    const result = await resolve(parent, args, ctx, info)
    clearLoaders(ctx.loaders)
    return result
  }

const joined = joinResolvers<Resolvers>(
  { DateTime, Date: LocalDate, Money },
  catalog,
  events,
  reviews,
  searchHistory,
  staff,
  venues,
)

/** GraphQL in and out of this subgraph. */
export const resolvers: Resolvers = {
  ...joined,
  Mutation: Object.fromEntries(
    Object.entries(joined.Mutation ?? {}).map(([name, resolve]) => [
      name,
      readingAfresh(resolve as AnyResolver),
    ]),
  ),
}
