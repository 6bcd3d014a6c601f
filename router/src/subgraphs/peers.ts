import { PeerBreaker } from '@karcis/kit/breakers/peer-breaker'
import type { Logger } from '@karcis/kit/log'

/** The circuit breakers of a router, one around each address of a subgraph, whatever is asked of it there. */
export interface Peers extends Disposable {
  /** @param url any at that address. */
  to(name: string, url: string): PeerBreaker
}

/** @param timeoutMs how long a subgraph may take for one answer. */
export function createPeers(timeoutMs: number, log: Logger): Peers {
  const stack = new DisposableStack()
  const breakers = new Map<string, PeerBreaker>()
  return {
    to(name, url) {
      const { origin } = new URL(url)
      const key = `${name} ${origin}`
      const known = breakers.get(key)
      if (known) return known
      const breaker = stack.use(new PeerBreaker({ name, origin, log, timeoutMs }))
      breakers.set(key, breaker)
      return breaker
    },
    [Symbol.dispose]: () => stack.dispose(),
  }
}
