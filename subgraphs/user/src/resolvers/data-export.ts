import { requireViewer } from '@karcis/kit/viewer'
import { exportMyData, readMyDataExport, urlOf } from '../domain/data-exports/data-exports.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const dataExport: Resolvers = {
  Query: {
    myDataExport: (_, __, ctx) => readMyDataExport(ctx.deps, requireViewer(ctx)),
  },
  Mutation: {
    exportMyData: (_, __, ctx) => exportMyData(ctx.deps, requireViewer(ctx)),
  },
  DataExport: {
    status: ({ readyAt }) => (readyAt ? 'READY' : 'COLLECTING'),
    url: (data, _, { deps }) => urlOf(deps, data),
  },
}
