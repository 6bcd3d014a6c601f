import { requireAccount } from '@karcis/kit/viewer'
import { clearSearchHistory, readSearchHistory } from '../domain/browsing/search-history.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

/** What the viewer has searched for. */
export const searchHistory = {
  Query: {
    searchHistory: (_, page, ctx) => readSearchHistory(ctx.deps, requireAccount(ctx), page),
  },
  Mutation: {
    clearSearchHistory: (_, { keep }, ctx) => clearSearchHistory(ctx.deps, requireAccount(ctx), keep),
  },
} satisfies Resolvers
