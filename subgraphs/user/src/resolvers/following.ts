import { requireViewer } from '@karcis/kit/viewer'
import { followOrganizer, unfollowOrganizer } from '../domain/following/follow.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const following: Resolvers = {
  Mutation: {
    followOrganizer: (_, { id }, ctx) => followOrganizer(ctx.deps, requireViewer(ctx), id),
    unfollowOrganizer: (_, { id }, ctx) => unfollowOrganizer(ctx.deps, requireViewer(ctx), id),
  },
  User: {
    followed: async ({ id }, _, { viewer, loaders }) =>
      viewer === null ? false : ((await loaders.followed(id)) ?? false),
  },
}
