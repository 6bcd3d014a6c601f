import { requireAccount, requireService, requireViewer } from '@karcis/kit/viewer'
import { changePassword, updateUser } from '../domain/account-management/change-account.ts'
import { setUserRole, suspendUser, unsuspendUser } from '../domain/account-management/change-rights.ts'
import { deleteUser } from '../domain/account-management/delete-user.ts'
import {
  listUsers,
  readContacts,
  readMe,
  readUser,
  readUserByEmail,
  viewUser,
} from '../domain/account-management/read-users.ts'
import { signUp } from '../domain/account-management/sign-up.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const account: Resolvers = {
  Query: {
    me: (_, __, ctx) => readMe(ctx.deps, requireViewer(ctx)),
    user: (_, { id }, ctx) => readUser(ctx.deps, requireViewer(ctx), id),
    users: (_, { filter, ...page }, ctx) => listUsers(ctx.deps, requireViewer(ctx), filter, page),
    userByEmail: (_, { email }, ctx) => {
      requireService(ctx, 'event', 'ticket')
      return readUserByEmail(ctx.deps, ctx.viewer, email)
    },
    contacts: (_, { ids, search }, ctx) => {
      requireService(ctx, 'booking')
      return readContacts(ctx.deps, ids, search ?? null)
    },
  },
  Mutation: {
    createUser: (_, { input }, { deps, client }) => signUp(deps, client, input),
    changePassword: (_, { input }, ctx) => changePassword(ctx.deps, ctx.client, requireAccount(ctx), input),
    updateUser: (_, { input }, ctx) => updateUser(ctx.deps, ctx.client, requireAccount(ctx), input),
    deleteUser: (_, { id, input }, ctx) => deleteUser(ctx.deps, ctx.client, requireAccount(ctx), id, input),
    setUserRole: (_, { id, role }, ctx) => setUserRole(ctx.deps, requireViewer(ctx), id, role),
    suspendUser: (_, { id, reason }, ctx) => suspendUser(ctx.deps, requireViewer(ctx), id, reason),
    unsuspendUser: (_, { id }, ctx) => unsuspendUser(ctx.deps, requireViewer(ctx), id),
  },
  User: {
    __resolveReference: ({ id }, { deps, viewer }) => viewUser(deps, viewer, id),
  },
}
