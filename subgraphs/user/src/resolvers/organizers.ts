import { requireAccount } from '@karcis/kit/viewer'
import { viewUser } from '../domain/account-management/read-users.ts'
import { findPageBySlug, updateOrganizerProfile } from '../domain/organizers/pages.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

/** Public pages of organizers. */
export const organizers: Resolvers = {
  Query: {
    organizer: (_, { slug }, { deps }) => findPageBySlug(deps, slug),
  },
  Mutation: {
    updateOrganizerProfile: (_, { input }, ctx) =>
      updateOrganizerProfile(ctx.deps, requireAccount(ctx), input),
  },
  Organizer: {
    __resolveReference: ({ id }, { loaders }) => loaders.organizerPage(id),
    user: async ({ id }, _, { deps, viewer }) => {
      const user = await viewUser(deps, viewer, id)
      if (!user) throw new Error(`a page of nobody: ${id}`) // the foreign key does not allow it
      return user
    },
    followerCount: async ({ id }, _, { loaders }) => (await loaders.followers(id)) ?? 0,
    followed: async ({ id }, _, { viewer, loaders }) =>
      viewer === null ? false : ((await loaders.followed(id)) ?? false),
  },
  User: {
    organizerProfile: ({ id }, _, { loaders }) => loaders.organizerPage(id),
  },
}
