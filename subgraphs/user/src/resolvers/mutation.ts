import { changePassword } from '../domain/change-password.ts'
import { setUserRole, suspendUser, unsuspendUser } from '../domain/change-rights.ts'
import { deleteUser } from '../domain/delete-user.ts'
import { logIn } from '../domain/log-in.ts'
import { logOut } from '../domain/log-out.ts'
import { refreshSession } from '../domain/refresh-session.ts'
import { reviewProposal } from '../domain/review-proposal.ts'
import { signUp } from '../domain/sign-up.ts'
import { submitProposal } from '../domain/submit-proposal.ts'
import { updateUser } from '../domain/update-user.ts'
import { addToWishlist, removeFromWishlist } from '../domain/wishlist.ts'
import type { MutationResolvers } from '../generated/resolvers-types.ts'

export const Mutation: MutationResolvers = {
  createUser: (_, { input }, ctx) => signUp(ctx, input),
  login: (_, { input }, ctx) => logIn(ctx, input),
  refreshToken: (_, { refreshToken }, ctx) => refreshSession(ctx, refreshToken),
  logout: (_, { refreshToken, everywhere }, ctx) => logOut(ctx, refreshToken, everywhere ?? false),
  changePassword: (_, { input }, ctx) => changePassword(ctx, input),
  updateUser: (_, { input }, ctx) => updateUser(ctx, input),
  deleteUser: (_, { id }, ctx) => deleteUser(ctx, id),
  setUserRole: (_, { id, role }, ctx) => setUserRole(ctx, id, role),
  suspendUser: (_, { id, reason }, ctx) => suspendUser(ctx, id, reason),
  unsuspendUser: (_, { id }, ctx) => unsuspendUser(ctx, id),
  submitOrganizerProposal: (_, { input }, ctx) => submitProposal(ctx, input),
  reviewOrganizerProposal: (_, { id, input }, ctx) => reviewProposal(ctx, id, input),
  addToWishlist: (_, { eventId }, ctx) => addToWishlist(ctx, eventId),
  removeFromWishlist: (_, { eventId }, ctx) => removeFromWishlist(ctx, eventId),
}
