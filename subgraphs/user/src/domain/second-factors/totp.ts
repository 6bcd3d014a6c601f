import { Secret, TOTP } from 'otpauth'

/** What every authenticator app can do (RFC 6238). */
const OPTIONS = { issuer: 'Karcis', algorithm: 'SHA1', digits: 6, period: 30 } as const
const SECRET_BYTES = 20
/** The code before and the one after are good too: for a clock that is a little wrong, and for slow hands. */
const WINDOW = 1

/** A new secret, in base32 as apps take it. */
export const newTotpSecret = (): string => new Secret({ size: SECRET_BYTES }).base32

/** What an app reads from a QR code. @param label whose account it is. */
export const totpUri = (secret: string, label: string): string =>
  new TOTP({ ...OPTIONS, label, secret }).toString()

/** The step, in 30 seconds since the epoch, whose code this is; null when it is none of those that are good now. */
export function stepOfCode(secret: string, code: string, now: Date): number | null {
  const timestamp = now.getTime()
  const delta = new TOTP({ ...OPTIONS, secret }).validate({ token: code, timestamp, window: WINDOW })
  return delta === null ? null : TOTP.counter({ period: OPTIONS.period, timestamp }) + delta
}
