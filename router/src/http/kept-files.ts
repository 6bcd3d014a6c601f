import type { IncomingHttpHeaders } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { REQUEST_ID_HEADER } from '@karcis/kit/contracts/requests'
import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { SERVICE_TOKEN_HEADER, type ServiceTokens } from '@karcis/kit/service-token'
import { LRUCache } from 'lru-cache'
import type { Agent } from 'undici'
import type { Peers } from '../subgraphs/peers.ts'
import type { HttpRequest } from './http-server.ts'

/** A file as the subgraph has it. */
export interface KeptFile {
  body: Buffer
  headers: IncomingHttpHeaders
}

export interface KeptFilesOptions {
  name: SubgraphName
  /** Base URL of the subgraph. */
  url: string
  tokens: ServiceTokens
  peers: Peers
  /** By which it is asked. */
  agent: Agent
  /** So much is kept, of what was wanted last. */
  maxBytes: number
  /** Whether a file may be kept; all may where it is left out. */
  mayKeep?(file: KeptFile): boolean
}

/** Gives a file by its path; or with which status it was refused, 503 where nobody has answered. */
export type FindKeptFile = (http: HttpRequest, path: string) => Promise<KeptFile | { status: number }>

/** Files of a subgraph that never change: kept in memory, and asked for once however many want one at a time. */
export function createKeptFiles({
  name,
  url,
  tokens,
  peers,
  agent,
  maxBytes,
  mayKeep = () => true,
}: KeptFilesOptions): FindKeptFile {
  const origin = new URL(url).origin
  const signer = tokens.to(name)
  const breaker = peers.to(name, url)
  const known = new LRUCache<string, KeptFile>({
    maxSize: maxBytes,
    sizeCalculation: ({ body }) => body.length + 1,
  })
  const underWay = new Map<string, ReturnType<FindKeptFile>>()

  const ask: FindKeptFile = async ({ requestId, log }, path) => {
    try {
      const headers = { [SERVICE_TOKEN_HEADER]: await signer.sign(null), [REQUEST_ID_HEADER]: requestId }
      const answer = await breaker.run(() => agent.request({ origin, path, method: 'GET', headers }))
      const file = { body: await buffer(answer.body), headers: answer.headers }
      if (answer.statusCode !== 200) return { status: answer.statusCode }
      if (mayKeep(file)) known.set(path, file)
      return file
    } catch (error) {
      log.warn({ err: error, path }, 'a file could not be asked for')
      return { status: 503 }
    }
  }

  return (http, path) => {
    const file = known.get(path)
    if (file) return Promise.resolve(file)
    const asked = underWay.get(path) ?? ask(http, path).finally(() => underWay.delete(path))
    underWay.set(path, asked)
    return asked
  }
}

/** Whether a header `Accept` or `Accept-Encoding` names something, other than as what is not wanted (RFC 9110, 12.4.2). */
export const accepts = (header: string | undefined, wanted: string): boolean =>
  (header ?? '').split(',').some((part) => {
    const [name = '', ...parameters] = part.trim().split(';')
    return name.trim() === wanted && !parameters.some((each) => /^\s*q=0(\.0*)?\s*$/.test(each))
  })
