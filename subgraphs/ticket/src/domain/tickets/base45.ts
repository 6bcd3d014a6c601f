/** RFC 9285: bytes as characters that a QR code packs two to eleven bits (its alphanumeric mode). */
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:'
const BASE = ALPHABET.length

export function encodeBase45(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 2) {
    const [first = 0, second] = [bytes[at], bytes[at + 1]]
    text +=
      second === undefined
        ? digit(first) + digit(first / BASE)
        : digit(first * 256 + second) +
          digit((first * 256 + second) / BASE) +
          digit((first * 256 + second) / BASE ** 2)
  }
  return text
}

const digit = (value: number): string => ALPHABET.charAt(Math.floor(value) % BASE)

/** @returns null for what is not base45. */
export function decodeBase45(text: string): Uint8Array | null {
  const bytes: number[] = []
  for (let at = 0; at < text.length; at += 3) {
    const group = text.slice(at, at + 3)
    const digits = Array.from(group, (character) => ALPHABET.indexOf(character))
    const value = digits.reduce((sum, each, place) => sum + each * BASE ** place, 0)
    const size = group.length - 1
    if (size === 0 || digits.includes(-1) || value >= 256 ** size) return null
    if (size === 2) bytes.push(value >> 8)
    bytes.push(value & 255)
  }
  return Uint8Array.from(bytes)
}
