import { requireAccount, requireViewer } from '@karcis/kit/viewer'
import { viewUser } from '../domain/account-management/read-users.ts'
import { decideReport, listContentReports, reportContent } from '../domain/content-reports/reports.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

/** What people report to the admins. */
export const contentReports: Resolvers = {
  Query: {
    contentReports: (_, { filter, ...page }, ctx) =>
      listContentReports(ctx.deps, requireViewer(ctx), filter, page),
  },
  Mutation: {
    reportContent: (_, { input }, ctx) => reportContent(ctx.deps, requireAccount(ctx), input),
    decideReport: (_, { id, input }, ctx) => decideReport(ctx.deps, requireViewer(ctx), id, input),
  },
  ContentReport: {
    event: ({ kind, subjectId }) => (kind === 'EVENT' ? { id: subjectId } : null),
    review: ({ kind, subjectId }) => (kind === 'REVIEW' ? { id: subjectId } : null),
    organizer: ({ kind, subjectId }, _, { loaders }) =>
      kind === 'ORGANIZER' ? loaders.organizerPage(subjectId) : null,
    reporter: ({ reporterId }, _, { deps, viewer }) =>
      reporterId !== null ? viewUser(deps, viewer, reporterId) : null,
    decidedBy: ({ decidedBy }, _, { deps, viewer }) =>
      decidedBy !== null && viewer?.role === 'ADMIN' ? viewUser(deps, viewer, decidedBy) : null,
    reportCount: async ({ kind, subjectId }, _, { loaders, viewer }) =>
      viewer?.role === 'ADMIN' ? ((await loaders.reportCount(`${kind} ${subjectId}`)) ?? 0) : null,
  },
}
