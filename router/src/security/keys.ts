import type { PeerBreaker } from '@karcis/kit/breakers/peer-breaker'
import { JWKS_PATH } from '@karcis/kit/contracts/tokens'
import type { Logger } from '@karcis/kit/log'
import { SERVICE_TOKEN_HEADER, type TokenSigner } from '@karcis/kit/service-token'
import { createRemoteJWKSet, customFetch, type JSONWebKeySet, type RemoteJWKSet } from 'jose'

/** The keys that access tokens are signed with, as the user subgraph publishes them. */
export interface SigningKeys extends Disposable {
  /** Finds the key of a token; an unknown key id makes the keys be fetched again, at most once per cooldown. */
  find: RemoteJWKSet
  /** The public keys, fresh if possible, otherwise the last known; null when none have been fetched yet. */
  publish(): Promise<JSONWebKeySet | null>
}

/** A key that was withdrawn is trusted for at most this long. */
const REFRESH_MS = 5 * 60_000

const TIMEOUT_MS = 3_000

export function openSigningKeys(
  userUrl: string,
  tokens: TokenSigner,
  breaker: PeerBreaker,
  cooldownMs: number,
  log: Logger,
): SigningKeys {
  const find = createRemoteJWKSet(new URL(JWKS_PATH, userUrl), {
    cooldownDuration: cooldownMs,
    timeoutDuration: TIMEOUT_MS,
    cacheMaxAge: Number.POSITIVE_INFINITY, // refreshed below; old keys are better than none while their source is unavailable
    [customFetch]: async (url, options) => {
      options.headers.set(SERVICE_TOKEN_HEADER, await tokens.sign(null))
      return breaker.run(() => fetch(url, options))
    },
  })

  async function refresh(): Promise<void> {
    try {
      await find.reload()
    } catch (error) {
      log.warn(
        { reason: error instanceof Error ? error.message : String(error) },
        'signing keys not refreshed',
      )
    }
  }

  const timer = setInterval(() => void refresh(), REFRESH_MS).unref()
  return {
    find,
    async publish() {
      if (!find.coolingDown) await refresh()
      return find.jwks() ?? null
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
