import { accessTokenClaims, DOOR_ROLE, ENROLLING_ROLE, ISSUER } from '@karcis/kit/contracts/tokens'
import { KarcisError, ServiceUnavailable, Unauthenticated } from '@karcis/kit/errors'
import { type DoorTokens, isDoorToken } from '@karcis/kit/door-tokens'
import type { Bearer } from '@karcis/kit/service-token'
import { errors, jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import type { SigningKeys } from './keys.ts'
import type { Revocations } from './revocations.ts'

/** jose's codes for keys that could not be fetched, which say nothing about the token. */
const KEYS_UNAVAILABLE = new Set(['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID'])

/** Whom a token identifies, and until when (milliseconds since the epoch). */
export interface Identity {
  viewer: Bearer
  expiresAt: number
}

export interface Authenticator {
  /**
   * Reads the value of an Authorization header; without one the request is anonymous: null.
   * @throws KarcisError UNAUTHENTICATED, TOKEN_EXPIRED, or SERVICE_UNAVAILABLE when tokens cannot be checked now.
   */
  authenticate(authorization: string | undefined): Promise<Identity | null>
  /** A viewer with the role that they have at this moment, whatever this router knew; null when their session has ended. */
  current: CurrentViewer
}

export type CurrentViewer = (viewer: Bearer) => Promise<Bearer | null>

export function createAuthenticator(
  keys: SigningKeys,
  revocations: Revocations,
  doorTokens: DoorTokens,
): Authenticator {
  // By the whole token, so that a signature is checked once and not with every request.
  const verified = new LRUCache<string, Identity>({ max: 10_000 })

  async function verify(token: string): Promise<Identity> {
    const cached = verified.get(token)
    if (cached && cached.expiresAt > Date.now()) return cached
    const { payload } = await jwtVerify(token, keys.find, {
      issuer: ISSUER,
      audience: ISSUER,
      algorithms: ['EdDSA', 'Ed25519'],
      requiredClaims: ['exp'],
    }).catch((error: unknown) => {
      throw asRefusal(error)
    })
    const claims = accessTokenClaims.safeParse(payload)
    if (!claims.success) throw new Unauthenticated('The access token is not valid.')
    const { sub, sid, exp, auth_time: authTime, amr, enrol } = claims.data
    const role: Bearer['role'] = enrol ? ENROLLING_ROLE : claims.data.role
    const identity: Identity = {
      viewer: { id: sub, role, sessionId: sid, authTime, amr },
      expiresAt: exp * 1000,
    }
    verified.set(token, identity, { ttl: Math.max(1, identity.expiresAt - Date.now()) })
    return identity
  }

  /** Whether a scanner was revoked is known where scanners are kept, which each of its requests asks. */
  function identifyDevice(token: string): Identity {
    const device = doorTokens.read(token)
    if (!device) throw new Unauthenticated('The token of this scanner is not valid, or no longer.')
    const { deviceId: id, expiresAt } = device
    return { viewer: { id, role: DOOR_ROLE, sessionId: id }, expiresAt: expiresAt.getTime() }
  }

  return {
    async authenticate(authorization) {
      if (authorization === undefined) return null
      const [, token] = /^Bearer +(\S+)$/i.exec(authorization) ?? []
      if (!token) throw new Unauthenticated('The Authorization header must be "Bearer <access token>".')
      if (isDoorToken(token)) return identifyDevice(token)
      const { viewer, expiresAt } = await verify(token)
      if (!revocations.isReady) throw new ServiceUnavailable()
      const current = revocations.check(viewer)
      if (!current) throw new Unauthenticated('This session has ended. Sign in again.')
      return { viewer: current, expiresAt }
    },

    async current(viewer) {
      await revocations.refresh()
      return revocations.check(viewer)
    },
  }
}

function asRefusal(error: unknown): KarcisError {
  if (error instanceof errors.JWTExpired)
    return new KarcisError('TOKEN_EXPIRED', 'The access token has expired. Refresh it.')
  const isAboutToken = error instanceof errors.JOSEError && !KEYS_UNAVAILABLE.has(error.code)
  return isAboutToken ? new Unauthenticated('The access token is not valid.') : new ServiceUnavailable()
}
