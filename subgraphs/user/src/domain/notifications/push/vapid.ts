import { createECDH } from 'node:crypto'
import webPush from 'web-push'

/** How push services know who sends (RFC 8292). */
export interface Vapid {
  /** What browsers subscribe with: base64url of the point, uncompressed. */
  publicKey: string
  /** The header `authorization` for a URL of a push service. */
  authorizationFor(endpoint: string): string
}

const CURVE = 'prime256v1'
/** A signed word is good for 12 hours, and used again for so long. */
const USED_MS = 6 * 3_600_000
/** Push services whose words are remembered. There are some five of them; anybody can name others. */
const MOST_SERVICES = 100

/** The public key of a private one, both in base64url; null for what is no private key. */
export function publicKeyOf(privateKey: string): string | null {
  const bytes = Buffer.from(privateKey, 'base64url')
  if (bytes.length !== 32 || bytes.toString('base64url') !== privateKey) return null
  const curve = createECDH(CURVE)
  try {
    curve.setPrivateKey(bytes)
  } catch {
    return null // zero, or beyond the order of the curve
  }
  return curve.getPublicKey('base64url')
}

/** @param privateKey as `publicKeyOf` takes it. @param contact whom a push service turns to: `mailto:` or `https:`. */
export function createVapid(privateKey: string, contact: string): Vapid {
  const publicKey = publicKeyOf(privateKey)
  if (publicKey === null) throw new Error('no private key of P-256')
  const words = new Map<string, { header: string; until: number }>()
  return {
    publicKey,
    authorizationFor(endpoint) {
      const audience = new URL(endpoint).origin
      const known = words.get(audience)
      if (known && known.until > Date.now()) return known.header
      const { Authorization: header } = webPush.getVapidHeaders(
        audience,
        contact,
        publicKey,
        privateKey,
        'aes128gcm',
      )
      if (words.size >= MOST_SERVICES) words.clear()
      words.set(audience, { header, until: Date.now() + USED_MS })
      return header
    },
  }
}
