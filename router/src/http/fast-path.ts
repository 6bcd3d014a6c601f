import { isPlainOperation, isRecord, type PlainOperation } from '@karcis/kit/plain-operation'
import type { Bearer } from '@karcis/kit/service-token'
import type { FormattedExecutionResult } from 'graphql'
import { type EncodedResponse, executeToBytes } from '../execution/execute.ts'
import { type OperationRequest, type ReadyOperation, readyOperation } from '../execution/operation.ts'
import type { SupergraphFile } from '../planning/supergraph-file.ts'
import type { Services } from '../subgraphs/request.ts'
import type { AnyRequest } from './http-server.ts'

/** Answers a request; null, with nothing done, when Apollo Server has to answer it. */
export type FastPath = (http: AnyRequest, body: unknown, viewer: Bearer | null) => Promise<void> | null

const JSON_BODY = /^application\/json(; ?charset=utf-8)?$/i
const PLAIN_JSON = 'application/json; charset=utf-8'
const GRAPHQL_JSON = 'application/graphql-response+json; charset=utf-8'

/** What Apollo Server chooses for what most clients accept. */
const CONTENT_TYPES = new Map<string | undefined, string>([
  [undefined, PLAIN_JSON],
  ['*/*', PLAIN_JSON],
  ['application/json', PLAIN_JSON],
  ['application/graphql-response+json', GRAPHQL_JSON],
  ['application/graphql-response+json,application/json;q=0.9', GRAPHQL_JSON], // Apollo Client
])

/** Whether what accepts this is sent an answer as a whole, in the form that most clients take. */
export const isUsualAccept = (accept: string | undefined): boolean => CONTENT_TYPES.has(accept)

/**
 * Answers what clients ask again and again, by POST and in the usual form, as Apollo Server would, byte by byte. A document
 * must have gone through Apollo Server once, so that it is parsed and validated, and what is wrong with it reported, in one place.
 */
export function createFastPath(file: SupergraphFile, services: Services): FastPath {
  return (http, body, viewer) => {
    const { method, url, headers } = http.request
    const contentType = CONTENT_TYPES.get(headers.accept)
    // A POST ignores URL parameters, but they are unusual.
    const isUsual = method === 'POST' && contentType !== undefined && !url?.includes('?')
    if (!isUsual || !JSON_BODY.test(headers['content-type'] ?? '')) return null
    if (!isPlainOperation(body) || !areIgnored(body.extensions)) return null
    const ready = readyFor(http, body, viewer)
    const pending = ready && executeToBytes(ready, services)
    return pending && pending.then((encoded) => send(http, encoded, contentType))
  }

  function readyFor(http: AnyRequest, body: PlainOperation, viewer: Bearer | null): ReadyOperation | null {
    const supergraph = file.current
    const document = supergraph.documents.get(body.query)
    if (!document) return null
    try {
      return readyOperation(new FastRequest(http, supergraph, document, body, viewer))
    } catch {
      return null // Apollo Server will find what is wrong with it
    }
  }
}

/** A class, for the sake of its getter: see `LazyScope`. */
class FastRequest implements OperationRequest {
  readonly #http: AnyRequest
  readonly supergraph: OperationRequest['supergraph']
  readonly document: OperationRequest['document']
  readonly operationName: OperationRequest['operationName']
  readonly variables: OperationRequest['variables']
  readonly viewer: Bearer | null
  readonly requestId: string
  received = 0

  constructor(
    http: AnyRequest,
    supergraph: OperationRequest['supergraph'],
    document: OperationRequest['document'],
    { operationName, variables }: PlainOperation,
    viewer: Bearer | null,
  ) {
    this.#http = http
    this.supergraph = supergraph
    this.document = document
    this.operationName = operationName
    this.variables = variables
    this.viewer = viewer
    this.requestId = http.requestId
  }

  get log() {
    return this.#http.log
  }

  get waiting() {
    return this.#http.waiting
  }

  get browser() {
    return this.#http.browser
  }

  get address() {
    return this.#http.address
  }

  get allowance() {
    return this.#http.allowance
  }
}

/** Whether extensions can be ignored: they ask for nothing that only Apollo Server does. */
const areIgnored = (extensions: unknown): boolean =>
  extensions == null || (isRecord(extensions) && !('persistedQuery' in extensions))

function send(
  { response, headers, setCookies }: AnyRequest,
  { json, result }: EncodedResponse,
  contentType: string,
): void {
  response.writeHead(statusOf(result, contentType), [
    ...headers,
    ...(setCookies.length === 0 ? setCookies : setCookies.flatMap((cookie) => ['set-cookie', cookie])),
    'content-type',
    contentType,
    'cache-control',
    'no-store',
    'content-length',
    String(json.length),
  ])
  response.end(json)
}

/** A response without data has the status 400, as Apollo Server has it; see also `refusalStatus`. */
function statusOf(result: FormattedExecutionResult | null, contentType: string): number {
  if (!result || result.data !== undefined) return 200
  const isClientError = result.errors?.every(({ extensions }) => extensions?.code === 'BAD_USER_INPUT')
  return isClientError && contentType === PLAIN_JSON ? 200 : 400
}
