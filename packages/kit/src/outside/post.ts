import { Resolver } from 'node:dns/promises'
import {
  Agent as HttpAgent,
  type IncomingMessage,
  request as requestHttp,
  type RequestOptions,
} from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isPublicAddress } from './public-address.ts'
import { retryAfterSeconds } from './retry-after.ts'
import { isLoopbackHost, targetProblem } from './target.ts'

/** Unless `SenderOptions` says otherwise. */
const TIMEOUT_MS = 15_000
/** How long the body of a response is waited for, and how much of it is kept. Whether it was taken its head has said. */
const BODY_MS = 2_000
const BODY_BYTES = 4_096
const MOST_HEADER_BYTES = 16_384
/** A kept connection that has been silent for so long is closed. */
const KEPT_MS = 20_000

const DNS_TIMEOUT_MS = 2_000
const DNS_TRIES = 2

/** How one attempt ended. */
export interface Outcome {
  /** Null where there was no response. */
  status: number | null
  /** The beginning of the response's body; null without one. */
  body: string | null
  /** Why there was no response, in words; null where there was one. */
  error: string | null
  /** What the response asks us to wait, in seconds; null when it does not. */
  retryAfterSeconds: number | null
  durationMs: number
}

/** Posts to a URL of somebody else's choice. Never fails: whatever happens is an outcome. @param signal gives up. */
export type Sender = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
  signal: AbortSignal,
) => Promise<Outcome>

export interface SenderOptions {
  /** What we call ourselves: the header `user-agent`. */
  userAgent: string
  /** Whether connections are kept and used again: for receivers that are sent much. So many of them to each. */
  keptConnections?: number
  /** Whether receivers on this machine are allowed, with http too. */
  loopback: boolean
  /** The addresses of a name, by DNS. */
  resolve?: (name: string) => Promise<string[]>
  /** Whether an address that a name has may be connected to. */
  permits?: (address: string) => boolean
  /** From looking the name up to the head of the response. */
  timeoutMs?: number
}

/**
 * Makes what posts to URLs of somebody else's choice. Where a name leads is looked up with each connection, once, and the connection is made to an
 * address that was looked at: a name that leads elsewhere a moment later leads nowhere. No redirect is followed.
 */
export function createSender(options: SenderOptions): Sender {
  const { loopback, resolve = resolveName, permits = isPublicAddress, timeoutMs = TIMEOUT_MS } = options
  const agents = agentsOf(options.keptConnections)

  /** The only addresses that a name may be connected to by. @throws Refused */
  async function addressesOf(host: string): Promise<string[]> {
    if (loopback && isLoopbackHost(host)) return host === 'localhost' ? ['127.0.0.1'] : [host]
    const addresses = await resolve(host)
    if (addresses.length === 0) throw new Refused('The name of the host has no address.')
    if (!addresses.every(permits)) throw new Refused('The name leads to an address that is not public.')
    return addresses
  }

  /** Is asked for names alone; an address in a URL has been looked at with its words. */
  const lookup: LookupFunction = (name, { all }, callback) =>
    void giveAddresses(addressesOf(name), all === true, callback)

  return async (url, headers, body, signal) => {
    const began = performance.now()
    const durationMs = () => Math.round(performance.now() - began)
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    try {
      const target = new URL(url)
      const problem = targetProblem(target.href, loopback)
      if (problem) throw new Refused(`The URL ${problem}.`)
      const secure = target.protocol === 'https:'
      const response = await post(target, body, {
        agent: agents && (secure ? agents.https : agents.http),
        lookup,
        signal: limit,
        headers: { 'user-agent': options.userAgent, ...headers },
      })
      const beginning = await readBeginning(response)
      const { statusCode = 0 } = response
      return {
        status: statusCode,
        body: beginning,
        error: null,
        retryAfterSeconds: retryAfterSeconds(response.headers['retry-after']),
        durationMs: durationMs(),
      }
    } catch (error) {
      const late = limit.aborted && !signal.aborted
      const words = late
        ? `No answer within ${timeoutMs / 1_000} s.`
        : wordsOf(error as NodeJS.ErrnoException)
      return { status: null, body: null, error: words, retryAfterSeconds: null, durationMs: durationMs() }
    }
  }
}

/** Tells a socket what a name leads to, as it asks for it. @param all of them, or the first. */
async function giveAddresses(
  finding: Promise<string[]>,
  all: boolean,
  give: Parameters<LookupFunction>[2],
): Promise<void> {
  let addresses: string[]
  try {
    addresses = await finding
  } catch (error) {
    give(error as NodeJS.ErrnoException, '')
    return
  }
  const found = addresses.map((address) => ({ address, family: isIP(address) }))
  const [first = { address: '', family: 0 }] = found
  if (all) give(null, found)
  else give(null, first.address, first.family)
}

/** What is not even tried. */
class Refused extends Error {}

const wordsOf = (error: NodeJS.ErrnoException): string =>
  error instanceof Refused ? error.message : `No connection: ${error.code ?? error.message}.`

/** Connections that are used again, each to an address that was looked at when it was made; null where none is. */
const agentsOf = (maxSockets: number | undefined) =>
  maxSockets === undefined
    ? null
    : {
        http: new HttpAgent({ keepAlive: true, maxSockets, timeout: KEPT_MS }),
        https: new HttpsAgent({ keepAlive: true, maxSockets, timeout: KEPT_MS }),
      }

/** Resolves with the response as soon as its head is there. */
function post(
  url: URL,
  body: string | Uint8Array,
  {
    agent,
    headers,
    ...options
  }: Pick<RequestOptions, 'lookup' | 'signal'> & {
    agent: HttpAgent | null
    headers: Readonly<Record<string, string>>
  },
): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const request = send(url, {
      ...options,
      method: 'POST',
      agent: agent ?? false, // unless some are kept, a connection of its own
      maxHeaderSize: MOST_HEADER_BYTES,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...headers,
      },
    })
    request.once('response', resolve)
    request.on('error', (error: NodeJS.ErrnoException) => {
      // The other side has closed a kept connection at the moment of its use: a new one will do.
      if (request.reusedSocket && error.code === 'ECONNRESET')
        resolve(post(url, body, { ...options, agent: null, headers }))
      else reject(error)
    })
    request.end(body)
  })
}

/** What may be kept of a response's body, however it goes on. */
async function readBeginning(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  const cut = setTimeout(() => response.destroy(), BODY_MS)
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes >= BODY_BYTES) break
    }
  } catch {
    // closed midway, or too slow: what there is will do
  } finally {
    clearTimeout(cut)
    response.destroy()
  }
  const text = new TextDecoder().decode(Buffer.concat(chunks).subarray(0, BODY_BYTES))
  return text.replaceAll('\0', '\uFFFD') // which Postgres does not take
}

/** DNS alone, neither a file of the machine nor a thread that others wait for. */
async function resolveName(name: string): Promise<string[]> {
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: DNS_TRIES })
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
  const addresses = [v4, v6].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  if (addresses.length === 0 && v4.status === 'rejected') throw v4.reason
  return addresses
}
