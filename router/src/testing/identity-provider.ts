import { AUTH_CHANGES_PATH, type AuthChangesFeed } from '@karcis/kit/contracts/auth-changes'
import { ISSUER, JWKS_PATH, type Role } from '@karcis/kit/contracts/tokens'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

interface TokenOptions {
  id?: string
  role?: Role
  session?: string
  /** Seconds from now; negative for a token that has expired. */
  life?: number
  issuer?: string
  audience?: string
  /** When and how they showed who they are, and that they have to set up a second factor. */
  proof?: { auth_time?: number; amr?: string[]; enrol?: boolean }
}

/** Signs access tokens as the user subgraph does, and serves what the user subgraph serves to the router. */
export async function createIdentityProvider() {
  let signer: { kid: string; privateKey: CryptoKey }
  const published: JWK[] = []
  const sessions: { id: string; revokedAt: string }[] = []
  const users: AuthChangesFeed['users'] = []
  const silent = { changes: false }
  const asked = { keys: 0, changes: [] as (string | null)[] }
  /** `now` of each feed so far. */
  const answered: string[] = []

  async function rotate(): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair('EdDSA')
    const kid = `key-${published.length + 1}`
    published.push({ ...(await exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' })
    signer = { kid, privateKey }
  }
  await rotate()

  return {
    asked,
    answered,
    /** While set, revocations are not served. */
    silent,
    rotate,
    token({
      id = 'u1',
      role = 'CUSTOMER',
      session = `s-${id}`,
      life = 900,
      issuer = ISSUER,
      audience = ISSUER,
      proof = {},
    }: TokenOptions = {}) {
      return new SignJWT({ role, sid: session, ...proof })
        .setProtectedHeader({ alg: 'EdDSA', kid: signer.kid })
        .setSubject(id)
        .setIssuer(issuer)
        .setAudience(audience)
        .setExpirationTime(Math.floor(Date.now() / 1000) + life)
        .sign(signer.privateKey)
    },
    revokeSession: (id: string) => void sessions.push({ id, revokedAt: new Date().toISOString() }),
    changeUser: (id: string, role: Role, suspended = false, needsSecondFactor = false) =>
      void users.push({ id, role, suspended, needsSecondFactor, changedAt: new Date().toISOString() }),
    routes: {
      [JWKS_PATH]: async () => {
        asked.keys++
        return { keys: published }
      },
      [AUTH_CHANGES_PATH]: async (query: URLSearchParams) => {
        if (silent.changes) throw new Error('silent')
        asked.changes.push(query.get('since'))
        const now = new Date().toISOString()
        answered.push(now)
        return { now, sessions, users } satisfies AuthChangesFeed
      },
    },
  }
}

export type IdentityProvider = Awaited<ReturnType<typeof createIdentityProvider>>
