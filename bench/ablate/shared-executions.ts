import type * as original from '../../router/src/execution/compiled/shared-executions.ts'
import { replaceFile } from './replace.ts'

replaceFile('router/src/execution/compiled/shared-executions.ts', import.meta.url)

/** Each request is executed by itself; its fetches may still be shared. */
export const createSharedExecutions: typeof original.createSharedExecutions = (start) => (request) =>
  start(request, false)
