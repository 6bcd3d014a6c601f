import type * as original from '../../packages/kit/src/reads.ts'
import { replaceFile } from './replace.ts'

replaceFile('packages/kit/src/reads.ts', import.meta.url)

/** All reads go through Prisma and its pool. */
export const createReads: typeof original.createReads = (_, pool) => ({
  $queryRaw: (...query) => pool.$queryRaw(...query),
  close: async () => undefined,
})
