import { idBytes, idOfBytes } from '@karcis/kit/ids'
import type { SigningKeys } from '@karcis/kit/signing-keys'
import { decodeBase45, encodeBase45 } from './base45.ts'

/** What a ticket's code says. No personal data: a photo of a ticket gives away no more than the ticket. */
export interface TicketClaims {
  ticketId: string
  eventId: string
}

/**
 * A code is 102 bytes in base45, 153 characters, which a QR code of 41 modules holds: what it is (`KC1`, once encoded), the last four
 * bytes of the signing key's id, the ticket's id, the event's id, and the Ed25519 signature (RFC 8032) of all that stands before it.
 * The schema says so to whoever reads them.
 */
const HEADER = Uint8Array.of(0x0a, 0x19)
const PREFIX = 'KC1'
const KEY_AT = HEADER.length
const TICKET_AT = KEY_AT + 4
const EVENT_AT = TICKET_AT + 16
const SIGNATURE_AT = EVENT_AT + 16
const LENGTH = SIGNATURE_AT + 64

/** Signs codes of tickets with the current key. */
export async function signTicketCodes(
  keys: SigningKeys,
  tickets: readonly TicketClaims[],
): Promise<string[]> {
  const { kid, privateKey } = await keys.current()
  return Promise.all(
    tickets.map(async ({ ticketId, eventId }) => {
      const signed = Buffer.concat([HEADER, keyHint(kid), idBytes(ticketId), idBytes(eventId)])
      const signature = await crypto.subtle.sign('Ed25519', privateKey, signed)
      return encodeBase45(Buffer.concat([signed, new Uint8Array(signature)]))
    }),
  )
}

/** A code taken apart, not verified. */
export interface OpenedCode extends TicketClaims {
  /** Which key has signed it, as `keyHint` gives it. */
  keyHint: Uint8Array
  signed: Uint8Array<ArrayBuffer>
  signature: Uint8Array<ArrayBuffer>
}

/** Whether a code is of this form; those of before are JWS (RFC 7515). */
export const isCompactCode = (code: string): boolean => code.startsWith(PREFIX)

/** @returns null for what is no code of this form. */
export function openTicketCode(code: string): OpenedCode | null {
  const bytes = isCompactCode(code) ? decodeBase45(code) : null
  if (bytes?.length !== LENGTH) return null
  return {
    keyHint: bytes.slice(KEY_AT, TICKET_AT),
    ticketId: idOfBytes(bytes.subarray(TICKET_AT, EVENT_AT)),
    eventId: idOfBytes(bytes.subarray(EVENT_AT, SIGNATURE_AT)),
    signed: Uint8Array.from(bytes.subarray(0, SIGNATURE_AT)),
    signature: Uint8Array.from(bytes.subarray(SIGNATURE_AT)),
  }
}

/** What of a key's id, a UUID, a code has room for: enough to choose among the few keys that there are. */
export const keyHint = (kid: string): Uint8Array => idBytes(kid).subarray(-4)

/** A public key as in a JWKS. */
export interface VerificationKey {
  kid: string
  kty: string
  crv: string
  x: string
  alg: string
}

/** Every key that a ticket may have been signed with. */
export async function verificationKeys(keys: SigningKeys): Promise<VerificationKey[]> {
  const published = await keys.published()
  return published.map(({ kid = '', kty = 'OKP', crv = 'Ed25519', x = '', alg = 'EdDSA' }) => ({
    kid,
    kty,
    crv,
    x,
    alg,
  }))
}
