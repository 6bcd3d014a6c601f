import { createHmac, hkdfSync } from 'node:crypto'

/** What a keyed hash is for; none of them says anything about another. */
const PURPOSES = ['successor', 'device', 'place', 'person', 'provider', 'recovery', 'phone'] as const

/** HMAC-SHA-256 of texts, in this order. Parts are kept apart: no two lists of them are one text. */
export type KeyedHash = (...parts: string[]) => Buffer

/** One for each purpose. A copy of the database alone neither makes nor checks any. */
export type KeyedHashes = Readonly<Record<(typeof PURPOSES)[number], KeyedHash>>

/** @param secret the same in every process of this subgraph. */
export function createKeyedHashes(secret: string): KeyedHashes {
  const keyed = (purpose: string): KeyedHash => {
    const key = Buffer.from(hkdfSync('sha256', secret, '', `karcis user ${purpose}`, 32))
    return (...parts) => createHmac('sha256', key).update(JSON.stringify(parts)).digest()
  }
  return Object.fromEntries(PURPOSES.map((purpose) => [purpose, keyed(purpose)])) as KeyedHashes
}
