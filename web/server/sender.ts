import { hasEtag } from '@karcis/kit/http'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { LRUCache } from 'lru-cache'
import { type BuildFile, CODINGS, type Coding, etagOf } from './build-files.ts'

/** Of pages that were written, with what was made of them for sending, in bytes. */
const MOST_KEPT = 60_000_000

/** What is worth a coding of its own. */
const SHORT = 500

/** Text that is made here, and the same for everybody. */
export interface Text {
  type: string
  body: string
  headers: OutgoingHttpHeaders
}

export interface PageToSend {
  status: number
  /** Under which it is kept, in one language and theme. */
  name: string
  /** What it was made of: as long as that is the same thing, so is the page. */
  of: object
  write(): Promise<string>
  headers: OutgoingHttpHeaders
}

interface Written {
  of: object
  etag: string
  body: Buffer
  coded: Partial<Record<Coding, Promise<Buffer>>>
}

export interface Sender {
  sendFile(
    request: IncomingMessage,
    response: ServerResponse,
    file: BuildFile,
    headers: OutgoingHttpHeaders,
  ): void
  sendText(request: IncomingMessage, response: ServerResponse, text: Text): Promise<void>
  sendPage(request: IncomingMessage, response: ServerResponse, page: PageToSend): Promise<void>
}

/** Sends what there is in the coding that is shortest for whoever asks, and nothing to who has it already. */
export function createSender(): Sender {
  const known = new LRUCache<string, Written>({
    maxSize: MOST_KEPT,
    sizeCalculation: ({ body }) => 2 * body.length + 1,
  })
  const underWay = new Map<string, { of: object; written: Promise<Written> }>()

  /** However many want a page, it is written once at a time. */
  async function written(name: string, of: object, write: () => Promise<string>): Promise<Written> {
    const kept = known.get(name)
    if (kept?.of === of) return kept
    const others = underWay.get(name)
    if (others?.of === of) return others.written
    const own = { of, written: writeAnew(name, of, write) }
    underWay.set(name, own)
    try {
      return await own.written
    } finally {
      if (underWay.get(name) === own) underWay.delete(name)
    }
  }

  async function writeAnew(name: string, of: object, write: () => Promise<string>): Promise<Written> {
    const body = Buffer.from(await write())
    const fresh = { of, etag: etagOf(body), body, coded: {} }
    known.set(name, fresh)
    return fresh
  }

  async function send(
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    one: Written,
    headers: OutgoingHttpHeaders,
  ): Promise<void> {
    const coding = one.body.length > SHORT ? codingFor(request) : null
    const body = coding === null ? one.body : await (one.coded[coding] ??= encode(coding, one.body))
    finish(request, response, status, body, { ...headers, etag: one.etag }, coding)
  }

  return {
    sendFile(request, response, file, headers) {
      const coding = codingFor(request, file.coded)
      const body = coding === null ? file.body : (file.coded[coding] ?? file.body)
      const cache = file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache'
      const own = {
        'content-type': file.type,
        etag: file.etag,
        vary: 'Accept-Encoding',
        'cache-control': cache,
      }
      finish(request, response, 200, body, { ...own, ...headers }, coding)
    },
    sendText: (request, response, { type, body, headers }) =>
      send(
        request,
        response,
        200,
        { of: {}, etag: etagOf(body), body: Buffer.from(body), coded: {} },
        {
          'content-type': type,
          vary: 'Accept-Encoding',
          ...headers,
        },
      ),
    sendPage: async (request, response, { status, name, of, write, headers }) =>
      send(request, response, status, await written(name, of, write), {
        'content-type': 'text/html; charset=utf-8',
        ...headers,
      }),
  }
}

function finish(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: Buffer,
  headers: OutgoingHttpHeaders,
  coding: Coding | null,
): void {
  const etag = String(headers.etag)
  if (status === 200 && hasEtag(request.headers['if-none-match'], etag))
    return void response.writeHead(304, headers).end()
  response.writeHead(status, {
    ...headers,
    'content-length': body.length,
    ...(coding !== null && { 'content-encoding': coding }),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** The first coding that is there and that whoever asks takes (RFC 9110, 12.5.3). */
function codingFor({ headers }: IncomingMessage, there?: Partial<Record<Coding, Buffer>>): Coding | null {
  const taken = (headers['accept-encoding'] ?? '')
    .split(',')
    .map((each) => each.trim().split(';'))
    .filter(([, ...parameters]) => !parameters.some((each) => /^\s*q=0(\.0*)?\s*$/.test(each)))
    .map(([name]) => name)
  const found = CODINGS.find(([coding]) => taken.includes(coding) && (!there || there[coding]))
  return found?.[0] ?? null
}

const QUICK = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }

const encode = (coding: Coding, body: Buffer): Promise<Buffer> =>
  coding === 'br' ? promisify(brotliCompress)(body, QUICK) : promisify(gzip)(body)
