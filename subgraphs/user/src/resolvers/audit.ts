import { requireViewer } from '@karcis/kit/viewer'
import { viewUser } from '../domain/account-management/read-users.ts'
import { readAuditLog } from '../domain/audit/read-audit-log.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const audit: Resolvers = {
  Query: {
    auditLog: (_, { filter, ...page }, ctx) => readAuditLog(ctx.deps, requireViewer(ctx), filter, page),
  },
  AuditEntry: {
    actor: ({ actorId }, _, { deps, viewer }) => (actorId ? viewUser(deps, viewer, actorId) : null),
    refusedWith: ({ code }) => code,
    position: ({ seq }) => seq?.toString() ?? null,
  },
}
