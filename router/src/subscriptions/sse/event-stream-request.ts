import type { IncomingMessage } from 'node:http'
import { getOperationAST, OperationTypeNode, parse } from 'graphql'
import type { SubscribePayload } from 'graphql-ws'
import { z } from 'zod'
import { readJson } from '../../http/graphql.ts'
import type { HttpRequest } from '../../http/http-server.ts'
import { MAX_TOKENS } from '../../security/limits.ts'

/** A request for an event stream that does not say what operation it is for. */
export class NotAnOperation extends Error {
  readonly status: number
  readonly headers: Record<string, string>

  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }
}

const payloadSchema = z.object({
  query: z.string(),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
})

/** Clients that take a stream as well, but prefer JSON, name JSON first. */
export const isStreamRequest = ({ method, headers }: IncomingMessage): boolean =>
  (method === 'GET' || method === 'POST') && /^\s*text\/event-stream\b/i.test(headers.accept ?? '')

/** @throws NotAnOperation, BodyTooLarge. */
export async function readOperation(http: HttpRequest, limit: number): Promise<SubscribePayload> {
  const isGet = http.request.method === 'GET'
  const given = isGet ? parametersOf(http.url) : await readBody(http, limit)
  const { success, data } = payloadSchema.safeParse(given)
  if (!success) throw new NotAnOperation(400, 'The request must have a query, and variables as an object.')
  // A page of another site may make a browser send a GET, and this one is sent without a preflight.
  if (isGet && isMutation(data))
    throw new NotAnOperation(405, 'A mutation must be a POST.', { allow: 'POST' })
  return data
}

async function readBody(http: HttpRequest, limit: number): Promise<unknown> {
  const body = await readJson(http, limit).catch(asNotAnOperation)
  if (body === undefined) throw new NotAnOperation(415, 'The body must be application/json.')
  return body
}

function parametersOf({ searchParams }: URL): unknown {
  const { variables, ...others } = Object.fromEntries(searchParams)
  try {
    return { ...others, ...(variables && { variables: JSON.parse(variables) }) }
  } catch (error) {
    return asNotAnOperation(error)
  }
}

function isMutation({ query, operationName }: SubscribePayload): boolean {
  try {
    const document = parse(query, { maxTokens: MAX_TOKENS })
    return getOperationAST(document, operationName)?.operation === OperationTypeNode.MUTATION
  } catch {
    return false // refused later, for what it is
  }
}

function asNotAnOperation(error: unknown): never {
  throw error instanceof SyntaxError ? new NotAnOperation(400, 'The request is not valid JSON.') : error
}
