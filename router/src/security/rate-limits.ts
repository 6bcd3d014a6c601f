import { createHmac, hkdfSync } from 'node:crypto'
import { KarcisError } from '@karcis/kit/errors'
import { networkOf } from '@karcis/kit/network'
import type { RedisPair } from '@karcis/kit/redis'
import type { Bearer } from '@karcis/kit/service-token'
import { LRUCache } from 'lru-cache'
import type { HourlyRates } from '../settings.ts'

/** What somebody may still ask in this hour. */
export interface Allowance {
  /** Counts one request. @returns the refusal where it is one too many, which does not count. */
  request(): RateLimited | null
  /** Counts what an operation costs. @returns the refusal where it is more than is left, which does not count. */
  spend(cost: number): RateLimited | null
}

export interface RateLimits extends Disposable {
  /** Of whoever asks; null for those who have no limit. */
  of(viewer: Bearer | null, address: string | undefined): Allowance | null
  /** How many requests and operations were refused by this process so far. */
  readonly refused: number
}

export const AS_THEY_LIKE: HourlyRates = {
  accountRequests: 0,
  accountCost: 0,
  anonymousRequests: 0,
  anonymousCost: 0,
}

/** Everybody may ask as much as they like. */
export const NO_RATES: RateLimits = { of: () => null, refused: 0, [Symbol.dispose]: () => undefined }

/** Somebody has asked for more than they may in an hour. */
export class RateLimited extends KarcisError {
  constructor(what: 'requests' | 'cost', most: number, retryAfterSeconds: number) {
    const message =
      what === 'requests'
        ? `You have made too many requests: ${most} an hour are the most. Wait a while.`
        : `You have asked for too much: operations that cost ${most} an hour are the most. Wait a while.`
    super('RATE_LIMITED', message, { retryAfterSeconds, limit: what, most })
  }
}

const HOUR_MS = 3_600_000
/** How often processes tell each other what they have counted. */
const TELL_MS = 500
/** What is told at once. */
const TOLD_TOGETHER = 200
/** Of whom something is remembered here; beyond that of those who asked last. */
const MAX_REMEMBERED = 100_000

/** With the same slot for all, so that one command may name many. */
const PREFIX = '{rates}:'

/**
 * Adds to many counters, each of which lives for as long as its first addition said. Gives for each what it is now and for how many milliseconds still.
 * KEYS the counters; ARGV[1] how long, ARGV[n + 1] what is added to the nth.
 */
const ADD = `local told = {}
for n, key in ipairs(KEYS) do
  told[2 * n - 1] = redis.call('INCRBY', key, ARGV[n + 1])
  local left = redis.call('PTTL', key)
  if left < 0 then
    redis.call('PEXPIRE', key, ARGV[1])
    left = tonumber(ARGV[1])
  end
  told[2 * n] = left
end
return told`

/**
 * Counts what people ask for, over all processes of the router. An hour begins with the first request in it. To count is a few additions here: what
 * each process has counted goes to Redis twice a second, and comes back as what all have. So several processes together may let through what
 * comes in half a second more than the limit; and while Redis is away each keeps the limits by itself.
 * @param secret so that Redis has no addresses. @param hourMs how long an hour is.
 */
export function createRateLimits(
  rates: HourlyRates,
  redis: Pick<RedisPair['commands'], 'eval'>,
  secret: string,
  hourMs = HOUR_MS,
): RateLimits {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'rate limits', 32))
  const known = new LRUCache<string, Counters>({ max: MAX_REMEMBERED })
  let untold: Counter[] = []
  let refused = 0

  class Counter {
    readonly #key: string
    readonly #what: 'requests' | 'cost'
    readonly #most: number
    /** What all processes had counted when this one last heard of it, and what it has counted since. */
    #told = 0
    #own = 0
    #endsAt = 0
    #isUntold = false

    constructor(name: string, what: 'requests' | 'cost', most: number) {
      this.#key = `${PREFIX}${what}:${name}`
      this.#what = what
      this.#most = most
    }

    add(count: number): RateLimited | null {
      if (this.#most === 0 || count === 0) return null
      const at = performance.now()
      if (at >= this.#endsAt) {
        this.#told = 0
        this.#own = 0
        this.#endsAt = at + hourMs
      }
      if (this.#told + this.#own + count > this.#most) {
        refused += 1
        return new RateLimited(this.#what, this.#most, Math.max(1, Math.ceil((this.#endsAt - at) / 1_000)))
      }
      this.#own += count
      this.remember()
      return null
    }

    get key(): string {
      return this.#key
    }

    /** What is to be told now; what is counted from now on is told later. */
    take(): number {
      this.#isUntold = false
      return this.#own
    }

    /** It is to be told, or told again. */
    remember(): void {
      if (this.#isUntold) return
      this.#isUntold = true
      untold.push(this)
    }

    /** All processes have counted `total`, what this one told of among it. */
    hear(own: number, total: number, leftMs: number): void {
      this.#own = Math.max(0, this.#own - own) // its hour may have ended meanwhile
      this.#told = total
      this.#endsAt = performance.now() + leftMs
    }
  }

  class Counters implements Allowance {
    readonly #requests: Counter
    readonly #cost: Counter

    constructor(name: string, requests: number, cost: number) {
      this.#requests = new Counter(name, 'requests', requests)
      this.#cost = new Counter(name, 'cost', cost)
    }

    request(): RateLimited | null {
      return this.#requests.add(1)
    }

    spend(cost: number): RateLimited | null {
      return this.#cost.add(cost)
    }
  }

  async function tell(): Promise<void> {
    const counters = untold
    untold = []
    for (let start = 0; start < counters.length; start += TOLD_TOGETHER) {
      const some = counters.slice(start, start + TOLD_TOGETHER)
      const own = some.map((counter) => counter.take())
      try {
        const keys = some.map((counter) => counter.key)
        const told = (await redis.eval(ADD, keys.length, ...keys, hourMs, ...own)) as number[]
        for (const [index, counter] of some.entries())
          counter.hear(own[index] ?? 0, told[2 * index] ?? 0, told[2 * index + 1] ?? 0)
      } catch {
        for (const counter of some) counter.remember() // that it is away the connection says
      }
    }
  }

  let telling: Promise<void> | null = null
  const timer = setInterval(() => {
    telling ??= tell().finally(() => {
      telling = null
    })
  }, TELL_MS).unref()

  function countersOf(kind: 'account' | 'network', value: string): Allowance | null {
    const [requests, cost] =
      kind === 'account'
        ? [rates.accountRequests, rates.accountCost]
        : [rates.anonymousRequests, rates.anonymousCost]
    if (requests === 0 && cost === 0) return null
    const counters = known.get(value)
    if (counters) return counters
    const name = createHmac('sha256', key).update(`${kind} ${value}`).digest('base64url').slice(0, 22)
    const made = new Counters(name, requests, cost)
    known.set(value, made)
    return made
  }

  return {
    of(viewer, address) {
      if (viewer) return countersOf('account', viewer.id)
      if (rates.anonymousRequests === 0 && rates.anonymousCost === 0) return null
      const network = networkOf(address)
      return network === null ? null : countersOf('network', network)
    },
    get refused() {
      return refused
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
