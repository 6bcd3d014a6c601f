import { DOWNLOAD_FOLDERS, isDownload } from '@karcis/kit/contracts/downloads'
import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { sendJson } from '@karcis/kit/http'
import type { ServiceTokens } from '@karcis/kit/service-token'
import { errorBody } from '../errors.ts'
import type { Peers } from '../subgraphs/peers.ts'
import type { Handler, HttpRequest } from './http-server.ts'
import { createSubgraphFiles, refuseForNow } from './subgraph-files.ts'

/** Of any length, and as slow as whoever reads them. */
const AT_ONCE = 16

/** What a subgraph's refusals are answered with; by status. */
const REFUSALS: Record<number, { code: 'NOT_FOUND' | 'RATE_LIMITED'; message: string }> = {
  404: { code: 'NOT_FOUND', message: 'There is no such file, or its time is over: ask for a new link.' },
  429: { code: 'RATE_LIMITED', message: 'Too many files at once. Wait a while.' },
}

export interface Downloads extends AsyncDisposable {
  routes: Record<string, Handler>
}

/**
 * Files of one subgraph, by links that it has signed: whether a link is good is its to say.
 * @param url its base URL.
 */
export function createDownloads(
  name: SubgraphName,
  url: string,
  tokens: ServiceTokens,
  peers: Peers,
): Downloads {
  const files = createSubgraphFiles(name, url, tokens, peers, AT_ONCE)

  async function download(http: HttpRequest): Promise<void> {
    const { request, response, url } = http
    if (request.method !== 'GET')
      return sendJson(response, 405, errorBody('BAD_USER_INPUT', 'A file is read by GET.'), { allow: 'GET' })
    if (!isDownload(url.pathname)) return refuse(http, 404)
    const asked = { path: url.pathname, viewer: null, cacheControl: 'no-store' }
    await files.pass(http, asked, (status) => refuse(http, status))
  }

  const routes = DOWNLOAD_FOLDERS.filter(({ of }) => of === name).map(({ folder }) => [folder, download])
  return {
    routes: Object.fromEntries(routes),
    [Symbol.asyncDispose]: () => files[Symbol.asyncDispose](),
  }
}

function refuse(http: HttpRequest, status: number): void {
  const refusal = REFUSALS[status]
  if (refusal) return sendJson(http.response, status, errorBody(refusal.code, refusal.message), NO_STORE)
  refuseForNow(http, NO_STORE)
}

const NO_STORE = { 'cache-control': 'no-store' }
