import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { closeHttp, createHttpServer, listen, readBody } from '@karcis/kit/http'
import { z } from 'zod'
import { Background } from './background.ts'
import { type Fault, Faults, faultsSchema } from './faults.ts'
import type { LedgerEntry } from './money.ts'
import { type Channel, Notifier, type SentNotification } from './notifier.ts'
import { Random } from './random.ts'

const HOST = '127.0.0.1' // a stand-in takes anybody's word for a payment: it is nobody's but this machine's
const BODY_LIMIT = 1_000_000
const SLOW_MS = 1_000
const SWEEP_MS = 200

/** A request, read in full. */
export interface Call {
  readonly method: string
  /** The path, cut at its slashes, decoded. */
  readonly path: readonly string[]
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Waits, where the request is to be slow. Called when its idempotency key is taken, before anything is done. */
  pause(): Promise<void>
}

/** An answer: an object goes as JSON, text as HTML. */
export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: object | string
}

/** A request to the API that was recognized. */
export interface Operation {
  /** By which faults name it. */
  readonly name: string
  /** The ids of the order it is about, as far as they are known: the merchant's, the provider's. */
  readonly orders: readonly string[]
  run(): Reply | Promise<Reply>
}

/** The protocol of one provider, over what all share. */
export interface Provider {
  /** What a request to the API asks for; undefined for a path that there is not. */
  operation(call: Call): Operation | undefined
  /** A page for people, or what a button on it does; undefined where there is none. */
  page(call: Call): Reply | undefined
  /** How the API says that there is no such path. */
  notFound(call: Call): Reply
  /** How the API says that it is broken. */
  broken(call: Call, status: number): Reply
  /** Lets time take its course: what is to expire, expires. */
  sweep(): void
  ledger(): LedgerEntry[]
  /** What people and banks do with a payment, by name, for the control API. @throws UnknownPayment */
  readonly actions: Readonly<Record<string, (order: string, options: unknown) => void>>
}

/** There is no payment of that order. */
export class UnknownPayment extends Error {
  constructor(order: string) {
    super(`There is no payment of ${order}.`)
  }
}

/** The payment is in no state for that. */
export class NotPossible extends Error {}

/** Options that every stand-in takes. */
export interface StandInOptions {
  /** A free one by default. */
  readonly port?: number
  /** What ids, shifts and chances are drawn from; see `StandIn.seed`. */
  readonly seed?: number
  /** The clock, for what expires and what is dated. */
  readonly now?: () => Date
  /** The provider's waiting times between attempts to notify are multiplied by this; 0.001 by default: 2 h are 7.2 s. */
  readonly retryScale?: number
  /** Who is paid, as the page names them. */
  readonly merchant?: string
}

/** A running stand-in. Disposing of it ends all it does, requests that were never answered among them. */
export interface StandIn extends AsyncDisposable {
  /** Where its API is, without a slash at the end. */
  readonly url: string
  /** Repeats this run: the same seed gives the same ids and the same chances. */
  readonly seed: number
  /** Lets things go wrong. @throws ZodError for a fault that there is not. */
  arm(...faults: Fault[]): void
  /** Lets nothing go wrong any more. */
  disarm(): void
  /** All that was captured and refunded, by payment. */
  ledger(): LedgerEntry[]
  /** Every notification, with how it went. */
  notifications(): readonly SentNotification[]
  /** Resolves once every notification is delivered or given up, and nothing else is to come. */
  quiet(): Promise<void>
}

/** What a provider's protocol is made with. */
export interface Surroundings<T> {
  readonly url: string
  readonly random: Random
  readonly faults: Faults
  readonly background: Background
  readonly notifier: Notifier<T>
  readonly now: () => Date
  readonly merchant: string
}

/** Starts a server that speaks a provider's protocol, and takes faults and questions at `/_stand-in/` (see README). */
export async function startStandIn<T, P extends Provider>(
  options: StandInOptions,
  channel: Channel<T>,
  createProvider: (surroundings: Surroundings<T>) => P,
): Promise<{ standIn: StandIn; provider: P }> {
  const random = new Random(options.seed)
  const faults = new Faults(random)
  const background = new Background()
  const retryScale = options.retryScale ?? 0.001
  const notifier = new Notifier({ channel, background, faults, random, retryScale })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let slowMs = 0
    const asked = readTarget(request.url ?? '/')
    if (!asked) return send(response, { status: 400, body: { error: 'This is no address.' } })
    const call: Call = {
      method: request.method ?? 'GET',
      ...asked,
      headers: request.headers,
      body: await readBody(request, BODY_LIMIT),
      pause: async () => {
        if (slowMs > 0) await background.pause(slowMs)
      },
    }
    provider.sweep()
    if (call.path[0] === '_stand-in') return send(response, control(call))
    const page = provider.page(call)
    if (page) return send(response, page)
    const operation = provider.operation(call)
    if (!operation) return send(response, provider.notFound(call))

    const occasion = { orders: operation.orders, on: operation.name }
    if (faults.take('refuse', occasion)) return void request.socket.resetAndDestroy()
    const before = faults.take('error-before', occasion)
    if (before) return send(response, provider.broken(call, Number(before.status ?? 500)))
    const slow = faults.take('slow', occasion)
    if (slow) slowMs = slow.ms ?? SLOW_MS
    const reply = await operation.run()
    if (faults.take('timeout-after', occasion)) return // the connection stays open, and silent, until the other side goes
    const after = faults.take('error-after', occasion)
    send(response, after ? provider.broken(call, Number(after.status ?? 500)) : reply)
  }

  function control(call: Call): Reply {
    const [, subject, order, action] = call.path
    const asked = `${call.method} ${subject}`
    try {
      if (asked === 'GET ledger') return { status: 200, body: provider.ledger() }
      if (asked === 'GET notifications') return { status: 200, body: notifier.log }
      if (asked === 'GET faults') return { status: 200, body: faults.list() }
      if (asked === 'DELETE faults') {
        faults.disarm()
        return { status: 200, body: [] }
      }
      // A page of another site cannot send this type without being asked first; nobody answers that.
      if (call.method === 'POST' && !call.headers['content-type']?.startsWith('application/json')) {
        return { status: 415, body: { error: 'This takes application/json.' } }
      }
      const body: unknown = call.body === '' ? {} : JSON.parse(call.body)
      if (asked === 'POST faults') {
        faults.arm(faultsSchema.parse(body))
        return { status: 201, body: faults.list() }
      }
      const act = action === undefined ? undefined : provider.actions[action]
      if (asked === 'POST payments' && order && act) {
        act(order, body)
        return { status: 200, body: provider.ledger().filter((entry) => isOf(entry, order)) }
      }
      return { status: 404, body: { error: 'There is nothing here.' } }
    } catch (error) {
      if (error instanceof UnknownPayment) return { status: 404, body: { error: error.message } }
      if (error instanceof NotPossible) return { status: 409, body: { error: error.message } }
      if (error instanceof z.ZodError) return { status: 400, body: { error: z.prettifyError(error) } }
      if (error instanceof SyntaxError) return { status: 400, body: { error: 'This is not JSON.' } }
      throw error
    }
  }

  const server = createHttpServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (background.signal.aborted) return
      request.socket.destroy()
      if (!request.complete) return // the other side went before it had said all
      throw error
    })
  })
  const url = `http://${HOST}:${await listen(server, options.port ?? 0, HOST)}`
  const now = options.now ?? (() => new Date())
  const merchant = options.merchant ?? 'Karcis'
  const provider = createProvider({ url, random, faults, background, notifier, now, merchant })
  const sweeper = setInterval(() => provider.sweep(), SWEEP_MS)

  const standIn: StandIn = {
    url,
    seed: random.seed,
    arm: (...asked) => faults.arm(asked),
    disarm: () => faults.disarm(),
    ledger: () => provider.ledger(),
    notifications: () => notifier.log,
    quiet: () => background.idle(),
    async [Symbol.asyncDispose]() {
      clearInterval(sweeper)
      await background.close()
      await closeHttp(server, 0)
    },
  }
  return { standIn, provider }
}

/** What a request's line asks for; undefined for what cannot be read. */
function readTarget(target: string): Pick<Call, 'path' | 'query'> | undefined {
  const url = URL.parse(target, `http://${HOST}`)
  if (!url) return undefined
  try {
    return { path: url.pathname.slice(1).split('/').map(decodeURIComponent), query: url.searchParams }
  } catch {
    return undefined // a % that encodes nothing
  }
}

const isOf = (entry: LedgerEntry, order: string): boolean => entry.order === order || entry.id === order

function send(response: ServerResponse, { status, headers, body }: Reply): void {
  const html = typeof body === 'string'
  const text = html ? body : JSON.stringify(body)
  response
    .writeHead(status, {
      'content-type': html ? 'text/html; charset=utf-8' : 'application/json',
      'content-length': Buffer.byteLength(text),
      ...(html ? { 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'" } : {}),
      ...headers,
    })
    .end(text)
}

/** Sends a browser on. */
export const seeOther = (location: string): Reply => ({ status: 303, headers: { location }, body: '' })

/** The key of HTTP Basic, which the providers take as the user's name, without a password. */
export function basicUser(call: Call): string | undefined {
  const [scheme, encoded] = (call.headers.authorization ?? '').split(' ')
  if (scheme?.toLowerCase() !== 'basic' || !encoded) return undefined
  return Buffer.from(encoded, 'base64').toString('utf8').split(':')[0]
}

/** The first value of a header, by its name in small letters. */
export function headerOf(call: Call, name: string): string | undefined {
  const value = call.headers[name]
  return Array.isArray(value) ? value[0] : value
}
