import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import type { z } from 'zod'

/** Makes and reads the part of a URL that says what it opens, and until when: whoever has the URL may have that. */
export interface SignedUrls<Claims> {
  /** @returns what goes into the URL: letters, digits, `-`, `_` and a dot. Anybody can read the claims in it, nobody can change them. */
  sign(claims: Claims, expiresAt: Date): string
  /** The claims; null for what was not signed here for this, was changed, or is past its time. */
  read(token: string, now?: Date): Claims | null
}

/**
 * @param secret the same in every process that signs or reads.
 * @param purpose what the URLs open, such as `booking exports`: what was signed for another is refused.
 * @param schema of the claims, which are to be few and short: a URL has some 2,000 characters.
 */
export function createSignedUrls<Claims extends object>(
  secret: string,
  purpose: string,
  schema: z.ZodType<Claims>,
): SignedUrls<Claims> {
  const key = Buffer.from(hkdfSync('sha256', secret, '', `karcis signed URLs: ${purpose}`, 32))
  const macOf = (text: string): string => createHmac('sha256', key).update(text).digest('base64url')

  return {
    sign(claims, expiresAt) {
      const text = Buffer.from(JSON.stringify([expiresAt.getTime(), claims])).toString('base64url')
      return `${text}.${macOf(text)}`
    },

    read(token, now = new Date()) {
      const [text, signature, ...rest] = token.split('.')
      if (text === undefined || signature === undefined || rest.length > 0) return null
      // Letter by letter: two texts may stand for the same bytes.
      const [given, right] = [Buffer.from(signature), Buffer.from(macOf(text))]
      if (given.length !== right.length || !timingSafeEqual(given, right)) return null
      // Signed by us, so it is what `sign` wrote.
      const [expiresAt, claims] = JSON.parse(Buffer.from(text, 'base64url').toString()) as [number, unknown]
      return now.getTime() < expiresAt ? schema.parse(claims) : null
    },
  }
}
