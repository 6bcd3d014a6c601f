import { jwtVerify, SignJWT } from 'jose'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { roleSchema } from './contracts/tokens.ts'

const AUDIENCE = 'karcis-subgraph'
const LIFE_SECONDS = 60
/** A token is handed out again until this much of its life is left, so signing costs once per viewer, not per request. */
const REUSE_UNTIL_SECONDS = 30

/** How often the caches look at the clock, for which they set a timer: each millisecond, if they were not told. */
const CLOCK_MS = 500

/** Header that carries the token over HTTP, and key in `extensions` of a graphql-ws subscribe message. */
export const SERVICE_TOKEN_HEADER = 'x-karcis-service-token'
export const SERVICE_TOKEN_EXTENSION = 'serviceToken'

const viewerSchema = z.object({
  id: z.string(),
  role: roleSchema,
  sessionId: z.string(),
})

/** The signed-in person on whose behalf a request is made. */
export type Viewer = z.infer<typeof viewerSchema>

/** Who calls a subgraph: which process, and for whom (null: nobody signed in, or the system itself). */
export interface Caller {
  service: string
  viewer: Viewer | null
}

/** Signs and checks the short-lived tokens (HS256, 60 s) with which the processes of the system know each other. */
export interface ServiceTokens {
  /** A token for calls made by this process on behalf of `viewer`. */
  sign(viewer: Viewer | null): Promise<string>
  /** Who signed it, or null when it is forged, expired, or not a token at all. */
  verify(token: string | undefined): Promise<Caller | null>
}

/** @param secret at least 32 characters, the same in every process. @param service name of this process. */
export function createServiceTokens(secret: string, service: string): ServiceTokens {
  const key = new TextEncoder().encode(secret)
  const signed = new LRUCache<string, string>({
    max: 10_000,
    ttl: (LIFE_SECONDS - REUSE_UNTIL_SECONDS) * 1000,
    ttlResolution: CLOCK_MS,
  })
  const verified = new LRUCache<string, Caller>({ max: 10_000, ttlResolution: CLOCK_MS })

  return {
    async sign(viewer) {
      const cacheKey = viewer ? `${viewer.id} ${viewer.role} ${viewer.sessionId}` : ''
      const cached = signed.get(cacheKey)
      if (cached) return cached
      const token = await new SignJWT(viewer ? { viewer } : {})
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer(service)
        .setAudience(AUDIENCE)
        .setExpirationTime(`${LIFE_SECONDS} seconds`)
        .sign(key)
      signed.set(cacheKey, token)
      return token
    },

    async verify(token) {
      if (!token) return null
      const cached = verified.get(token)
      if (cached) return cached
      try {
        const { payload } = await jwtVerify(token, key, {
          audience: AUDIENCE,
          algorithms: ['HS256'],
          requiredClaims: ['iss', 'exp'],
        })
        const viewer = payload.viewer === undefined ? null : viewerSchema.parse(payload.viewer)
        const caller: Caller = { service: String(payload.iss), viewer }
        const ttl = Number(payload.exp) * 1000 - Date.now()
        if (ttl > 0) verified.set(token, caller, { ttl })
        return caller
      } catch {
        return null
      }
    },
  }
}
