import { randomInt } from 'node:crypto'
import type { KeyedHashes } from '../keyed-hashes.ts'

const HOW_MANY = 10
const LETTERS = 10
/** Crockford's base32: none of them is taken for another. So ten have 50 bits. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Codes for when the second factor is lost, such as `7KQ2M-X4D9P`. */
export const newRecoveryCodes = (): string[] =>
  Array.from({ length: HOW_MANY }, () => {
    const letters = Array.from({ length: LETTERS }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
    return `${letters.slice(0, LETTERS / 2)}-${letters.slice(LETTERS / 2)}`
  })

/** What a recovery code is kept as, however it is written: case, spaces, dashes, and letters that look like others. */
export const hashRecoveryCode = ({ recovery }: KeyedHashes, userId: string, code: string): Buffer =>
  recovery(userId, code.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll(/[IL]/g, '1').replaceAll('O', '0'))
