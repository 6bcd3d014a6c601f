import { requireAccount } from '@karcis/kit/viewer'
import { followOrganizer, unfollowOrganizer } from '../domain/following/follow.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const following: Resolvers = {
  Mutation: {
    followOrganizer: (_, { id }, ctx) => followOrganizer(ctx.deps, requireAccount(ctx), id),
    unfollowOrganizer: (_, { id }, ctx) => unfollowOrganizer(ctx.deps, requireAccount(ctx), id),
  },
  User: {
    followed: async ({ id }, _, { viewer, loaders }) =>
      viewer === null ? false : ((await loaders.followed(id)) ?? false),
  },
}
