import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

/** Addresses for what comes back: one for each mail, which nobody else can make up (VERP). */
export interface ReturnPaths {
  /** @param mailId a UUID. */
  of(mailId: string): string
  /** Which mail an address was made for, as a UUID; null for any other address. Any case of its letters will do. */
  read(address: string): string | null
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'
const ID_BYTES = 16
const MAC_BYTES = 10
const TOKEN = /^(.+)\+([a-z2-7]{42})@([^@]+)$/

/** What may stand before the @: 64 characters at most (RFC 5321), of which the token and its plus take 43. */
export const MAX_LOCAL_LENGTH = 21

/**
 * @param mailbox that takes mail for whatever stands behind a plus, as `bounces@karcis.example` does for `bounces+…@karcis.example`.
 * @param secret the same in every process.
 */
export function createReturnPaths(mailbox: string, secret: string): ReturnPaths {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'karcis return paths', 32))
  const [local = '', domain = ''] = mailbox.toLowerCase().split('@')
  const macOf = (id: Buffer): Buffer => createHmac('sha256', key).update(id).digest().subarray(0, MAC_BYTES)

  return {
    of(mailId) {
      const id = Buffer.from(mailId.replaceAll('-', ''), 'hex')
      return `${local}+${toBase32(Buffer.concat([id, macOf(id)]))}@${domain}`
    },

    read(address) {
      const [, box, token = '', host] = TOKEN.exec(address.trim().toLowerCase()) ?? []
      if (box !== local || host !== domain) return null
      const bytes = fromBase32(token)
      const [id, mac] = [bytes.subarray(0, ID_BYTES), bytes.subarray(ID_BYTES)]
      return timingSafeEqual(mac, macOf(id)) ? toUuid(id) : null
    },
  }
}

/** RFC 4648, in small letters and without padding: mail servers on the way may change the case. */
function toBase32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) => ALPHABET[Number.parseInt(five.padEnd(5, '0'), 2)])
    .join('')
}

/** @param text of the alphabet's letters, for 26 bytes. */
function fromBase32(text: string): Buffer {
  const bits = Array.from(text, (letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

const toUuid = (id: Buffer): string =>
  id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
