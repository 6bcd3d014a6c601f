import { ISSUER } from '@karcis/kit/contracts/tokens'
import { compactVerify, createLocalJWKSet } from 'jose'
import { z } from 'zod'
import {
  isCompactCode,
  keyHint,
  openTicketCode,
  type TicketClaims,
  type VerificationKey,
} from './ticket-code.ts'

/**
 * What a door needs to know of a code, with nothing but the published keys: whose ticket it is, and for which event. Whether that
 * ticket still admits anybody is not in the code.
 * @param keys as `ticketVerificationKeys` gives them. @returns null for a code that none of the keys has signed.
 */
export async function verifyTicketCode(
  code: string,
  keys: readonly VerificationKey[],
): Promise<TicketClaims | null> {
  return isCompactCode(code) ? verifyCompact(code, keys) : verifyJws(code, keys)
}

async function verifyCompact(code: string, keys: readonly VerificationKey[]): Promise<TicketClaims | null> {
  const opened = openTicketCode(code)
  if (!opened) return null
  const { ticketId, eventId, signed, signature } = opened
  for (const { kid, kty, crv, x } of keys) {
    if (Buffer.compare(keyHint(kid), opened.keyHint) !== 0) continue
    const key = await crypto.subtle.importKey('jwk', { kty, crv, x }, 'Ed25519', false, ['verify'])
    if (await crypto.subtle.verify('Ed25519', key, signature, signed)) return { ticketId, eventId }
  }
  return null
}

const claims = z.object({ iss: z.literal(ISSUER), sub: z.uuid(), evt: z.uuid() })

/** Tickets of before `KC1` carry a JWS with the claims `sub` ticket and `evt` event; they admit for as long as they are valid. */
async function verifyJws(code: string, keys: readonly VerificationKey[]): Promise<TicketClaims | null> {
  try {
    const { payload } = await compactVerify(code, createLocalJWKSet({ keys: [...keys] }), {
      algorithms: ['EdDSA'],
    })
    const { sub: ticketId, evt: eventId } = claims.parse(JSON.parse(new TextDecoder().decode(payload)))
    return { ticketId, eventId }
  } catch {
    return null // not a JWS, not ours, or not of these keys
  }
}
