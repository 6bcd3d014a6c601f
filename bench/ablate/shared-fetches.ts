import { createSharedFetches as createOriginal } from '../../router/src/execution/compiled/shared-fetches.ts'
import { replaceFile } from './replace.ts'

replaceFile('router/src/execution/compiled/shared-fetches.ts', import.meta.url)

/** Each fetch is for one requester: as in the original for requests without a scope. */
export const createSharedFetches: typeof createOriginal = (send, isFinal) => {
  const fetches = createOriginal(send, isFinal)
  return { fetch: (_, ...fetch) => fetches.fetch(null, ...fetch) }
}
