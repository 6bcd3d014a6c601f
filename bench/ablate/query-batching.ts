import type * as original from '../../router/src/subgraphs/query-batching.ts'
import { replaceFile } from './replace.ts'

replaceFile('router/src/subgraphs/query-batching.ts', import.meta.url)

/** Each query is a request of its own. */
export const createQueryBatching: typeof original.createQueryBatching = ({ single }) => single

export { LineSplitter } from '../../router/src/subgraphs/query-batching.ts'
