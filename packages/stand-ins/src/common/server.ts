import type { IncomingMessage, ServerResponse } from 'node:http'
import { closeHttp, createHttpServer, listen, readBody } from '@karcis/kit/http'
import { Background } from './background.ts'
import { control } from './control.ts'
import { type Fault, Faults } from './faults.ts'
import type { LedgerEntry } from './money.ts'
import { type Channel, Notifier, type SentNotification } from './notifier.ts'
import type { Call, Provider, Reply } from './protocol.ts'
import { Random } from './random.ts'

const HOST = '127.0.0.1' // a stand-in takes anybody's word for a payment: it is nobody's but this machine's
const BODY_LIMIT = 1_000_000
const SLOW_MS = 1_000
const SWEEP_MS = 200

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

/** Starts a server that speaks a provider's protocol, and takes faults and questions at `/_stand-in/` (see `control`). */
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
    if (call.path[0] === '_stand-in')
      return send(response, control(call, { provider, faults, sent: notifier.log }))
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
