import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** A body that is larger than allowed; answered with 413. */
export class BodyTooLarge extends Error {}

/** Who sent the request has gone before it had come in full. There is nobody to answer. */
export class ClientGone extends Error {}

const NOTHING = Buffer.alloc(0)

/** Reads a whole request body as text. @throws BodyTooLarge past `limit` bytes. */
export const readBody = (request: IncomingMessage, limit: number): Promise<string> =>
  collect(request, limit, (bytes) => bytes.toString('utf8'))

/** Reads a whole request body as it came. @throws BodyTooLarge past `limit` bytes. */
export const readBytes = (request: IncomingMessage, limit: number): Promise<Buffer> =>
  collect(request, limit, (bytes) => bytes)

function collect<T>(request: IncomingMessage, limit: number, finish: (bytes: Buffer) => T): Promise<T> {
  // By events: iterating the stream costs several turns of the event loop for a body that mostly is one chunk.
  return new Promise((resolve, reject) => {
    let first: Buffer | undefined
    let more: Buffer[] | undefined
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > limit) reject(new BodyTooLarge(`body over ${limit} bytes`))
      else if (!first) first = chunk
      else (more ??= [first]).push(chunk)
    })
    request.on('end', () => resolve(finish(more ? Buffer.concat(more) : (first ?? NOTHING))))
    request.on('error', reject)
    request.on('close', () => {
      if (!request.complete) reject(new ClientGone())
    })
  })
}

/** Whether who asks has what they would be sent (RFC 9110, 13.1.2). What goes between may have made a weak tag of ours. @param known their `If-None-Match`. */
export const hasEtag = (known: string | undefined, etag: string): boolean =>
  (known ?? '').split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*')

/** What is passed on at a time, in characters: longer texts are cut, shorter ones joined. */
const PIECE = 256_000

/**
 * Writes texts of any length, no faster than they are read: memory for a piece is all that it takes beside them.
 * Resolves when all is passed on, or nobody reads it any more.
 */
export async function writeTexts(response: ServerResponse, texts: readonly string[]): Promise<void> {
  let piece = ''
  for (const text of texts) {
    for (let start = 0; start < text.length; ) {
      let end = start + PIECE - piece.length
      if (isHighSurrogate(text.charCodeAt(end - 1))) end += 1 // half a character is none
      piece += text.slice(start, end)
      start = end
      if (piece.length < PIECE) continue
      if (!response.destroyed && !response.write(piece)) await drained(response)
      piece = ''
    }
  }
  if (piece !== '' && !response.destroyed && !response.write(piece)) await drained(response)
}

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff

/** When it takes more, or never will. */
const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const go = (): void => {
      response.off('drain', go)
      response.off('close', go)
      resolve()
    }
    response.on('drain', go)
    response.on('close', go)
  })

/** Answers with JSON. */
export function sendJson(
  response: {
    writeHead(status: number, headers: Record<string, string | number>): { end(text: string): unknown }
  },
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const text = JSON.stringify(body)
  response
    .writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
      ...headers,
    })
    .end(text)
}

type ServerLimits = Required<
  Pick<
    ServerOptions,
    'headersTimeout' | 'requestTimeout' | 'keepAliveTimeout' | 'connectionsCheckingInterval'
  >
> & { maxConnections: number; timeout: number }

/** In milliseconds. Whoever calls us keeps a connection for less than our 5 s, so that it never uses one that we close. */
const LIMITS: ServerLimits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 2_000,
  maxConnections: 5_000,
  timeout: 30_000, // in which not a byte came or went, as when an answer is not read
}

/** A server that no slow or silent client can keep busy: whoever sends a head or a body by drops is cut off. */
export function createHttpServer(listener: RequestListener, limits: ServerLimits = LIMITS): Server {
  const server = createServer(limits, listener)
  server.maxConnections = limits.maxConnections
  server.setTimeout(limits.timeout)
  return server
}

/** Node's own. */
const BACKLOG = 511

/**
 * Starts listening and gives the port in use.
 * @param backlog connections that the system takes before we turn to them, if it allows for so many.
 * @throws the system's error, `EADDRINUSE` among them.
 */
export function listen(server: Server, port: number, host: string, backlog = BACKLOG): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, backlog, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

/** Empties a server of its connections without an answer being lost. */
export interface Drain {
  /** From now on each connection is closed behind the last answer on it; requests are served as before. */
  begin(): void
}

/** To be made before the server listens. */
export function createDrain(server: Server): Drain {
  /**
   * The newest request under way of each connection: with pipelining there are others before it, whose answers come first. A
   * connection stays in it as long as it is open: see the rules of style in docs/architecture.md.
   */
  const newest = new Map<Socket, ServerResponse | null>()
  let draining = false

  server.prependListener('connection', (socket) => {
    newest.set(socket, null)
    socket.once('close', () => newest.delete(socket))
  })
  server.prependListener('request', ({ socket }, response) => {
    const before = newest.get(socket)
    newest.set(socket, response)
    response.once('close', () => {
      if (newest.get(socket) === response) newest.set(socket, null)
    })
    if (!draining) return
    if (before && !before.headersSent) before.removeHeader('connection')
    response.setHeader('connection', 'close')
  })
  return {
    begin() {
      draining = true
      for (const response of newest.values()) {
        if (response && !response.headersSent) response.setHeader('connection', 'close')
      }
    },
  }
}

/** Stops taking connections, closes idle ones, lets requests under way finish for up to `graceMs`, then cuts what is left. */
export async function closeHttp(server: Server, graceMs = 5_000): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const cut = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearTimeout(cut)
}
