import { PeerBreaker } from '@karcis/kit/breakers/peer-breaker'
import type { Logger } from '@karcis/kit/log'
import { Agent } from 'undici'

/** A page that waits longer is better off without: the app asks by itself. */
const TIMEOUT_MS = 2_000

/** Asks the router what anybody may. */
export interface Api extends AsyncDisposable {
  /** @throws Error when there is no answer, or one without data. */
  ask<T>(query: string, variables: object): Promise<Answer<T>>
}

export interface Answer<T> {
  data: T
  /** Whether nothing is missing from it, as it is while a part of the platform is away. */
  whole: boolean
}

/** @param routerUrl its base URL. */
export function createApi(routerUrl: string, log: Logger): Api {
  const agent = new Agent({ connections: 32, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })
  const breaker = new PeerBreaker({ name: 'router', origin: routerUrl, log, timeoutMs: TIMEOUT_MS })
  return {
    async ask<T>(query: string, variables: object): Promise<Answer<T>> {
      const { body } = await breaker.run(() =>
        agent.request({
          origin: routerUrl,
          path: '/graphql',
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query, variables }),
        }),
      )
      const { data, errors } = (await body.json()) as { data?: T | null; errors?: { message: string }[] }
      if (data == null) throw new Error(errors?.[0]?.message ?? 'the router gave no data')
      return { data, whole: errors === undefined }
    },
    async [Symbol.asyncDispose]() {
      breaker[Symbol.dispose]()
      await agent.close()
    },
  }
}
