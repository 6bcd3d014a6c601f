import { z } from 'zod'
import { createSignedUrls } from './signed-urls.ts'

/** What the token of a scanner says: which one it is, and until when. What it may do, and whether still, is known where scanners are kept. */
const doorClaims = z.object({ deviceId: z.uuid(), until: z.int() })

/** Signs and reads tokens of scanners at the door. */
export interface DoorTokens {
  /** @param expiresAt after which the router takes it no more. */
  sign(deviceId: string, expiresAt: Date): string
  /** Its scanner, and until when it is good; null for what was not signed here for one, was changed, or is past its time. */
  read(token: string): { deviceId: string; expiresAt: Date } | null
}

/**
 * Tokens of scanners, which the ticket subgraph signs and the router reads, with a key made of the secret that all processes share: so a
 * door works while the user subgraph does not. No token of a person is of this form, and none of these is good for anything else.
 * @param secret `SERVICE_SECRET`.
 */
export function createDoorTokens(secret: string): DoorTokens {
  const signed = createSignedUrls(secret, 'scanners at the door', doorClaims)
  return {
    sign: (deviceId, expiresAt) => signed.sign({ deviceId, until: expiresAt.getTime() }, expiresAt),
    read(token) {
      const claims = signed.read(token)
      return claims && { deviceId: claims.deviceId, expiresAt: new Date(claims.until) }
    },
  }
}

/** Whether a text has the form of such a token; those of people, JWTs, have two dots. */
export const isDoorToken = (token: string): boolean => /^[\w-]+\.[\w-]+$/.test(token)
