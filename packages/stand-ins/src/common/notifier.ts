import type { Background } from './background.ts'
import type { Faults } from './faults.ts'
import type { Random } from './random.ts'

/** What was done to a notification on purpose: nothing, or one of the faults of that name. */
export type Tampering =
  | 'none'
  | 'forge'
  | 'wrong-amount'
  | 'wrong-currency'
  | { readonly status: string | undefined }

/** How a provider tells its merchants what happened. */
export interface Channel<T> {
  /** What goes over the wire. Called for each attempt, as signatures may carry the time. */
  render(news: T, tampering: Tampering): { body: string; headers: Record<string, string> }
  /**
   * When to try again, in milliseconds of the real provider's time; undefined to give up.
   * @param attempts how many there were
   * @param status what the last was answered with; undefined for no answer
   */
  retryAfter(attempts: number, status: number | undefined, random: Random): number | undefined
  /** How long an answer is waited for, in milliseconds. */
  readonly timeoutMs: number
  /** How many 307 and 308 are followed. */
  readonly redirects: number
}

/** One notification to one address, with how it went. */
export interface SentNotification {
  readonly order: string
  /** What it tells: a status, or the type of an event. */
  readonly tells: string
  readonly url: string
  readonly tampering: Tampering
  body: string
  /** The status of each answer; null for none. */
  readonly attempts: (number | null)[]
  state: 'on its way' | 'delivered' | 'given up' | 'lost'
}

interface Options<T> {
  readonly channel: Channel<T>
  readonly background: Background
  readonly faults: Faults
  readonly random: Random
  /** What the provider's waiting times are multiplied by: hours become seconds. */
  readonly retryScale: number
}

interface News<T> {
  /** The ids by which faults may name the order; the first is the merchant's. */
  readonly orders: readonly string[]
  readonly tells: string
  readonly urls: readonly string[]
  readonly news: T
}

const LATE_MS = 2_000

/**
 * Sends notifications as the real ones come: one after another for one order, again when they are not accepted, and
 * with whatever is to go wrong with them (see `Fault`).
 */
export class Notifier<T> {
  readonly log: SentNotification[] = []
  readonly #options: Options<T>
  /** The last that is under way, by order: the next waits for its first attempt. */
  readonly #tails = new Map<string, Promise<void>>()
  /** Held to be overtaken, by order. */
  readonly #held = new Map<string, { send: () => Promise<void>; calledOff: () => void }>()

  constructor(options: Options<T>) {
    this.#options = options
  }

  /** Sends it, soon. */
  notify(message: News<T>): void {
    const { faults, background } = this.#options
    const order = message.orders[0] ?? ''
    const occasion = { orders: message.orders, on: message.tells }
    if (faults.take('lose', occasion)) {
      for (const url of message.urls) this.#record(message, url, 'none').state = 'lost'
      return
    }
    const tampered = (['forge', 'wrong-amount', 'wrong-currency'] as const).filter((kind) =>
      faults.take(kind, occasion),
    )
    const copies = faults.take('duplicate', occasion)?.count
    const replay = faults.take('replay', occasion)
    const late = faults.take('late', occasion)
    const reorder = faults.take('reorder', occasion)
    const duplicated = copies ?? 1
    const send = async (): Promise<void> => {
      for (const tampering of tampered) await this.#sendOnce(message, tampering)
      await Promise.all(
        Array.from({ length: duplicated }, () =>
          Promise.all(message.urls.map((url) => this.#deliver(message, url))),
        ),
      )
      if (replay) await this.#sendOnce(message, { status: replay.status?.toString() })
    }
    if (late) background.after(late.ms ?? LATE_MS, send)
    else if (reorder) this.#hold(order, send, reorder.ms ?? LATE_MS)
    else this.#inTurn(order, send)
  }

  #inTurn(order: string, send: () => Promise<void>): void {
    const before = this.#tails.get(order) ?? Promise.resolve()
    this.#options.background.run(() => {
      const mine = before
        .then(send)
        .then(() => this.#release(order))
        .finally(() => {
          if (this.#tails.get(order) === mine) this.#tails.delete(order)
        })
      this.#tails.set(order, mine)
      return mine
    })
  }

  #hold(order: string, send: () => Promise<void>, ms: number): void {
    const { background } = this.#options
    if (this.#held.has(order)) background.run(() => this.#release(order)) // by the next one that is held
    const calledOff = background.after(ms, () => this.#release(order))
    this.#held.set(order, { send, calledOff })
  }

  async #release(order: string): Promise<void> {
    const held = this.#held.get(order)
    this.#held.delete(order)
    held?.calledOff()
    await held?.send()
  }

  /** What nobody would send again: a forgery, a replay. */
  async #sendOnce(message: News<T>, tampering: Tampering): Promise<void> {
    for (const url of message.urls) {
      const sent = this.#record(message, url, tampering)
      const status = await this.#attempt(message, sent)
      sent.state = accepted(status) ? 'delivered' : 'given up'
    }
  }

  /** Makes the first attempt; those after it go on by themselves. */
  async #deliver(message: News<T>, url: string): Promise<void> {
    const sent = this.#record(message, url, 'none')
    const status = await this.#attempt(message, sent)
    if (accepted(status)) sent.state = 'delivered'
    else this.#options.background.run(() => this.#retry(message, sent, status))
  }

  async #retry(message: News<T>, sent: SentNotification, first: number | undefined): Promise<void> {
    const { channel, background, random, retryScale } = this.#options
    for (let status = first; ; ) {
      const wait = channel.retryAfter(sent.attempts.length, status, random)
      if (wait === undefined) {
        sent.state = 'given up'
        return
      }
      await background.pause(wait * retryScale)
      status = await this.#attempt(message, sent)
      if (accepted(status)) {
        sent.state = 'delivered'
        return
      }
    }
  }

  async #attempt(message: News<T>, sent: SentNotification): Promise<number | undefined> {
    const { channel, background } = this.#options
    const { body, headers } = channel.render(message.news, sent.tampering)
    sent.body = body
    let status: number | undefined
    let url = sent.url
    try {
      for (let redirects = 0; ; redirects += 1) {
        const response = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body,
          redirect: 'manual',
          signal: AbortSignal.any([background.signal, AbortSignal.timeout(channel.timeoutMs)]),
        })
        await response.arrayBuffer()
        status = response.status
        const location = response.headers.get('location')
        if ((status !== 307 && status !== 308) || !location || redirects >= channel.redirects) break
        url = new URL(location, url).href
      }
    } catch {
      background.signal.throwIfAborted()
      status = undefined // no answer, or none in time
    }
    sent.attempts.push(status ?? null)
    return status
  }

  #record(message: News<T>, url: string, tampering: Tampering): SentNotification {
    const sent: SentNotification = {
      order: message.orders[0] ?? '',
      tells: message.tells,
      url,
      tampering,
      body: '',
      attempts: [],
      state: 'on its way',
    }
    this.log.push(sent)
    return sent
  }
}

const accepted = (status: number | undefined): boolean =>
  status !== undefined && status >= 200 && status < 300
