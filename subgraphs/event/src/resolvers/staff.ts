import { removeEventStaff } from '../domain/staff/end-staff.ts'
import { addEventStaff } from '../domain/staff/invite-staff.ts'
import { acceptStaffInvitation, declineStaffInvitation } from '../domain/staff/join-staff.ts'
import { listMyStaffEvents, shownStaff } from '../domain/staff/view-staff.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

/** Who works for events that are not theirs. */
export const staff = {
  Query: {
    myStaffEvents: (_, page, { deps, viewer }) => listMyStaffEvents(deps, viewer, page),
  },
  Mutation: {
    addEventStaff: (_, args, { deps, viewer }) => addEventStaff(deps, viewer, args),
    removeEventStaff: (_, args, { deps, viewer }) => removeEventStaff(deps, viewer, args),
    acceptStaffInvitation: (_, { token }, { deps, viewer }) => acceptStaffInvitation(deps, viewer, token),
    declineStaffInvitation: (_, { token }, { deps }) => declineStaffInvitation(deps, token),
  },
  Event: {
    staff: async (event, _, { viewer, loaders }) =>
      shownStaff(viewer, event, (await loaders.staff.load(event.id)) ?? []),
  },
  EventStaff: {
    user: ({ userId }) => (userId === null ? null : { id: userId }),
    status: ({ userId }) => (userId === null ? 'INVITED' : 'ACTIVE'),
  },
} satisfies Resolvers
