import { type Dispatcher, Pool as Original } from 'undici'
import './pipelining.ts'
import { replaceImport } from './replace.ts'

replaceImport('undici', 'router/src/subgraphs/client.ts', import.meta.url)

/** As many connections as our pipeline has, and as many requests under way on each. */
const PIPELINING = { connections: 4, pipelining: 16 }

/** Pipelining as undici itself does it. Only queries may go through it: it is told that any request may be repeated. */
export class Pool extends Original {
  constructor(url: string, options: Original.Options) {
    super(url, { ...options, ...PIPELINING })
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return super.dispatch({ ...options, idempotent: true, blocking: false }, handler)
  }
}
