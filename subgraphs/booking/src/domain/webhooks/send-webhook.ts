import { Resolver } from 'node:dns/promises'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isPublicAddress } from './public-address.ts'
import { hostOf, isLoopbackHost, targetProblem } from './target.ts'

/** Unless `SenderOptions` says otherwise. */
const TIMEOUT_MS = 15_000
/** How long the body of a response is waited for, and how much of it is kept. Whether it was taken its head has said. */
const BODY_MS = 2_000
const BODY_BYTES = 4_096
const MOST_HEADER_BYTES = 16_384

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
  body: string,
  signal: AbortSignal,
) => Promise<Outcome>

export interface SenderOptions {
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
 * Makes what sends webhooks. Where a name leads is looked up at each attempt, once, and the connection is made to an address that was
 * looked at: a name that leads elsewhere a moment later leads nowhere. No redirect is followed, no connection kept.
 */
export function createSender(options: SenderOptions): Sender {
  const { loopback, resolve = resolveName, permits = isPublicAddress, timeoutMs = TIMEOUT_MS } = options

  /** The only addresses that may be connected to. @throws Refused */
  async function addressesOf(url: URL): Promise<string[]> {
    const problem = targetProblem(url.href, loopback)
    if (problem) throw new Refused(`The URL ${problem}.`)
    const host = hostOf(url)
    if (loopback && isLoopbackHost(host)) return host === 'localhost' ? ['127.0.0.1'] : [host]
    if (isIP(host)) return [host]
    const addresses = await resolve(host)
    if (addresses.length === 0) throw new Refused('The name of the host has no address.')
    if (!addresses.every(permits)) throw new Refused('The name leads to an address that is not public.')
    return addresses
  }

  return async (url, headers, body, signal) => {
    const began = performance.now()
    const durationMs = () => Math.round(performance.now() - began)
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    try {
      const target = new URL(url)
      const addresses = await untilAborted(addressesOf(target), limit)
      const response = await post(target, addresses, headers, body, limit)
      const beginning = await readBeginning(response)
      const { statusCode = 0 } = response
      return {
        status: statusCode,
        body: beginning,
        error: null,
        retryAfterSeconds: retryAfter(response),
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

/** What is not even tried. */
class Refused extends Error {}

const wordsOf = (error: NodeJS.ErrnoException): string =>
  error instanceof Refused ? error.message : `No connection: ${error.code ?? error.message}.`

/** Resolves with the response as soon as its head is there. */
function post(
  url: URL,
  addresses: readonly string[],
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const request = send(url, {
      method: 'POST',
      agent: false, // a connection of its own, to an address that was looked at
      lookup: only(addresses),
      maxHeaderSize: MOST_HEADER_BYTES,
      signal,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'Karcis-Webhooks/1',
        ...headers,
      },
    })
    request.once('response', resolve)
    request.on('error', reject)
    request.end(body)
  })
}

/** Looks nothing up: whatever the name, these are its addresses. */
function only(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }))
  return (_name, options, callback) => {
    const [first = { address: '', family: 0 }] = all
    if (options.all) callback(null, all)
    else callback(null, first.address, first.family)
  }
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

function retryAfter({ headers }: IncomingMessage): number | null {
  const value = headers['retry-after']
  return value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) : null
}

/** DNS alone, neither a file of the machine nor a thread that others wait for. */
async function resolveName(name: string): Promise<string[]> {
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: DNS_TRIES })
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
  const addresses = [v4, v6].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  if (addresses.length === 0 && v4.status === 'rejected') throw v4.reason
  return addresses
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const give = (): void => reject(signal.reason as Error)
    if (signal.aborted) give()
    signal.addEventListener('abort', give, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', give))
  })
}
