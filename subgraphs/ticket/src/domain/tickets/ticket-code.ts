import { ISSUER } from '@karcis/kit/contracts/tokens'
import type { SigningKeys } from '@karcis/kit/signing-keys'
import { SignJWT } from 'jose'
import { toDataURL } from 'qrcode'

/** What a ticket's code says. No personal data: a photo of a ticket gives away no more than the ticket. */
export interface TicketClaims {
  ticketId: string
  eventId: string
  ticketTypeId: string
  seatLabel: string | null
}

/** Signs codes of tickets with the current key: compact JWS, EdDSA, claims `sub` ticket, `evt` event, `typ` ticket type, `seat`. */
export async function signTicketCodes(
  keys: SigningKeys,
  tickets: readonly TicketClaims[],
): Promise<string[]> {
  const { kid, privateKey } = await keys.current()
  return Promise.all(
    tickets.map(({ ticketId, eventId, ticketTypeId, seatLabel }) =>
      new SignJWT({ evt: eventId, typ: ticketTypeId, ...(seatLabel !== null && { seat: seatLabel }) })
        .setProtectedHeader({ alg: 'EdDSA', kid })
        .setIssuer(ISSUER)
        .setSubject(ticketId)
        .sign(privateKey),
    ),
  )
}

/** A code as a PNG in a `data:` URL, large enough for a scanner at the door. */
export const qrCode = (code: string): Promise<string> =>
  toDataURL(code, { errorCorrectionLevel: 'M', margin: 2, scale: 4 })

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
