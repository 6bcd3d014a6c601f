/** What a ticket's code says, once its signature is known to be ours. */
export interface TicketClaims {
  ticketId: string
  eventId: string
}

/** A public key as `DoorBundle.keys` has it. */
export interface VerificationKey {
  kid: string
  kty: string
  crv: string
  x: string
}

/** RFC 9285. */
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:'

/** Where the parts of a code's 102 bytes begin, as `Ticket.code` in schema/ticket.graphql says. */
const KEY_AT = 2
const TICKET_AT = 6
const EVENT_AT = 22
const SIGNATURE_AT = 38
const LENGTH = 102

/** Who signs codes of before `KC1`, which are JWS. */
const ISSUER = 'karcis'

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/

/** Whether a text can be a code of a ticket at all: a web address on a poster is not worth a question to the server. */
export const looksLikeTicket = (code: string): boolean =>
  code.startsWith('KC1') || /^[\w-]+\.[\w-]+\.[\w-]+$/.test(code)

/**
 * Reads a code with nothing but the published keys. Whether its ticket still admits anybody is not in the code.
 * @returns null for what none of the keys has signed.
 */
export async function verifyTicketCode(
  code: string,
  keys: readonly VerificationKey[],
): Promise<TicketClaims | null> {
  return code.startsWith('KC1') ? verifyCompact(code, keys) : verifyJws(code, keys)
}

async function verifyCompact(code: string, keys: readonly VerificationKey[]): Promise<TicketClaims | null> {
  const bytes = decodeBase45(code)
  if (bytes?.length !== LENGTH || bytes[0] !== 0x0a || bytes[1] !== 0x19) return null
  const hint = hexOf(bytes.subarray(KEY_AT, TICKET_AT))
  const [signed, signature] = [bytes.slice(0, SIGNATURE_AT), bytes.slice(SIGNATURE_AT)]
  for (const key of keys) {
    if (!key.kid.endsWith(hint)) continue
    if (await isSigned(key, signed, signature))
      return {
        ticketId: uuidOf(bytes.subarray(TICKET_AT, EVENT_AT)),
        eventId: uuidOf(bytes.subarray(EVENT_AT, SIGNATURE_AT)),
      }
  }
  return null
}

async function verifyJws(code: string, keys: readonly VerificationKey[]): Promise<TicketClaims | null> {
  const [head = '', body = '', signature = '', ...rest] = code.split('.')
  if (rest.length > 0) return null
  try {
    const { kid, alg } = parsePart(head)
    const key = keys.find((each) => each.kid === kid)
    const signed = new TextEncoder().encode(`${head}.${body}`)
    if (alg !== 'EdDSA' || !key || !(await isSigned(key, signed, fromBase64Url(signature)))) return null
    const { iss, sub, evt } = parsePart(body)
    const isTicket = iss === ISSUER && typeof sub === 'string' && typeof evt === 'string'
    return isTicket && UUID.test(sub) && UUID.test(evt) ? { ticketId: sub, eventId: evt } : null
  } catch {
    return null // neither base64url nor JSON
  }
}

const parsePart = (part: string): Record<string, unknown> =>
  JSON.parse(new TextDecoder().decode(fromBase64Url(part))) as Record<string, unknown>

async function isSigned(
  { kty, crv, x }: VerificationKey,
  signed: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const key = await crypto.subtle.importKey('jwk', { kty, crv, x }, 'Ed25519', false, ['verify'])
  return crypto.subtle.verify('Ed25519', key, signature, signed)
}

/** @returns null for what is not base45. */
function decodeBase45(text: string): Uint8Array<ArrayBuffer> | null {
  const bytes: number[] = []
  for (let at = 0; at < text.length; at += 3) {
    const digits = Array.from(text.slice(at, at + 3), (character) => ALPHABET.indexOf(character))
    const value = digits.reduce((sum, digit, place) => sum + digit * 45 ** place, 0)
    const size = digits.length - 1
    if (size === 0 || digits.includes(-1) || value >= 256 ** size) return null
    if (size === 2) bytes.push(value >> 8)
    bytes.push(value & 255)
  }
  return Uint8Array.from(bytes)
}

export const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0))

const fromBase64Url = (text: string): Uint8Array<ArrayBuffer> =>
  fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'))

export const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

const uuidOf = (bytes: Uint8Array): string =>
  hexOf(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

/** The number printed on a ticket, which people tell each other it by: `7F3A-09BC`. */
export const numberOf = (ticketId: string): string =>
  `${ticketId.slice(-8, -4)}-${ticketId.slice(-4)}`.toUpperCase()
