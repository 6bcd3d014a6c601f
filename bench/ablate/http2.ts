import { Pool as Original } from 'undici'
import './pipelining.ts'
import { replaceImport } from './replace.ts'

replaceImport('undici', 'router/src/subgraphs/client.ts', import.meta.url)

/** As many connections as our pipeline has; undici keeps up to a hundred streams on each. */
const CONNECTIONS = 4

/** HTTP/2 without TLS, for subgraphs that serve it: see `http2-server.ts`. */
export class Pool extends Original {
  constructor(url: string, options: Original.Options) {
    const http2 = { connections: CONNECTIONS, allowH2: true, useH2c: true } // its types do not know the last one
    super(url, { ...options, ...http2 })
  }
}
