import type { Reply } from './protocol.ts'

interface Kept {
  readonly fingerprint: string
  /** Undefined while the first request is under way. */
  reply?: Reply
  readonly at: number
}

interface Rules {
  /** For how long an answer is kept, in milliseconds. */
  readonly lifetimeMs: number
  /** Whether an answer is kept at all; a repeat of any other is done anew. */
  keeps(reply: Reply): boolean
  now(): Date
}

/** How a request with a key was treated. */
export type KeyedOutcome =
  | { readonly outcome: 'first' | 'replayed'; readonly reply: Reply }
  | { readonly outcome: 'in-use' | 'other-request' }

/** Answers kept by idempotency key. What the rules are differs from provider to provider; this is what they share. */
export class IdempotencyKeys {
  readonly #kept = new Map<string, Kept>()
  readonly #rules: Rules

  constructor(rules: Rules) {
    this.#rules = rules
  }

  /**
   * Does a request once per key.
   * @param fingerprint what must be the same in every request of one key; '' where that is not looked at
   */
  async once(key: string, fingerprint: string, run: () => Promise<Reply>): Promise<KeyedOutcome> {
    const kept = this.#kept.get(key)
    if (kept && this.#rules.now().getTime() - kept.at < this.#rules.lifetimeMs) {
      if (kept.fingerprint !== fingerprint) return { outcome: 'other-request' }
      return kept.reply ? { outcome: 'replayed', reply: kept.reply } : { outcome: 'in-use' }
    }
    const mine: Kept = { fingerprint, at: this.#rules.now().getTime() }
    this.#kept.set(key, mine)
    let reply: Reply | undefined
    try {
      reply = await run()
      return { outcome: 'first', reply }
    } finally {
      if (reply && this.#rules.keeps(reply)) mine.reply = reply
      else this.#kept.delete(key)
    }
  }
}
