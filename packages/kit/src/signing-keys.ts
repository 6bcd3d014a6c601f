import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { type RawSql, transaction, type TransactionSource, type Tx } from './database.ts'
import { asBookkeeping } from './deeds.ts'
import { newId } from './ids.ts'
import { defineJob } from './jobs.ts'
import { createSealer } from './sealing.ts'

/** How long a key signs, and for how long before and after it is published so that no verifier is caught without it. */
export interface KeySchedule {
  signsForDays: number
  publishedAheadMinutes: number
  publishedAfterDays: number
}

/** The key to sign with now, and every key that a verifier may still meet. */
export interface SigningKeys {
  current(): Promise<{ kid: string; privateKey: CryptoKey }>
  published(): Promise<JWK[]>
  /** Makes the successor when the newest key is near its end. Safe to call at any time, from any process. */
  rotateIfDue(): Promise<void>
  /** Makes a successor now, as after a suspected leak of nothing worse than age. */
  rotate(): Promise<void>
}

const CACHE_MS = 30_000
/** Any number: two processes that rotate at once meet on this advisory lock. */
const ROTATION_LOCK = 4_271_001

/**
 * Ed25519 keys (RFC 8037) of one database, shared by all processes on it.
 * @param secret seals private keys at rest.
 */
export function createSigningKeys(
  sql: RawSql & TransactionSource<RawSql>,
  secret: string,
  schedule: KeySchedule,
): SigningKeys {
  const sealer = createSealer(secret)
  const cache = new LRUCache<'keys', KeyRow[]>({ max: 1, ttl: CACHE_MS })

  async function keys(): Promise<KeyRow[]> {
    const cached = cache.get('keys')
    if (cached) return cached
    await rotateIfDue()
    const rows = await sql.$queryRaw<
      KeyRow[]
    >`SELECT kid, public_jwk, sealed_private_jwk, signs_from FROM kit.signing_keys
      WHERE published_until > now() ORDER BY signs_from DESC, kid DESC`
    cache.set('keys', rows)
    return rows
  }

  async function insertKey(tx: Tx, first: boolean): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
    const kid = newId()
    const publicJwk = JSON.stringify({ ...(await exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' })
    const sealed = sealer.seal(JSON.stringify(await exportJWK(privateKey)))
    const aheadMinutes = first ? 0 : schedule.publishedAheadMinutes
    const days = schedule.signsForDays + schedule.publishedAfterDays
    await tx.$executeRaw`INSERT INTO kit.signing_keys (kid, public_jwk, sealed_private_jwk, signs_from, published_until)
      VALUES (${kid}, ${publicJwk}::jsonb, ${sealed}, now() + make_interval(mins => ${aheadMinutes}::int),
        now() + make_interval(mins => ${aheadMinutes}::int, days => ${days}::int))`
  }

  async function rotateIfDue(): Promise<void> {
    await asBookkeeping(() =>
      transaction(sql, async (tx) => {
        await tx.$queryRaw`SELECT pg_advisory_xact_lock(${ROTATION_LOCK})::text`
        const [newest] = await tx.$queryRaw<{ due: boolean }[]>`SELECT
          signs_from < now() - make_interval(days => ${schedule.signsForDays}::int) AS due
          FROM kit.signing_keys ORDER BY signs_from DESC LIMIT 1`
        if (!newest || newest.due) await insertKey(tx, !newest)
      }),
    )
  }

  return {
    async current() {
      const rows = await keys()
      const now = new Date()
      const row = rows.find((key) => key.signs_from <= now) ?? rows.at(-1)
      if (!row) throw new Error('no signing key')
      const jwk = JSON.parse(sealer.unseal(row.sealed_private_jwk)) as JWK
      return { kid: row.kid, privateKey: (await importJWK(jwk, 'EdDSA')) as CryptoKey }
    },
    async published() {
      return (await keys()).map((row) => row.public_jwk)
    },
    rotateIfDue,
    async rotate() {
      await transaction(sql, (tx) => insertKey(tx, false))
      cache.clear()
    },
  }
}

/** Daily: makes the next key in time. */
export const rotateSigningKeys = defineJob({
  name: 'rotate-signing-keys',
  schema: z.object({}),
  run: (deps: { signingKeys: SigningKeys }) => deps.signingKeys.rotateIfDue(),
})

interface KeyRow {
  kid: string
  public_jwk: JWK
  sealed_private_jwk: Uint8Array
  signs_from: Date
}
