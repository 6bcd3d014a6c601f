import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

const TOKEN_BYTES = 32

/** A token that nobody guesses: 256 random bits, in base64url. */
export const newToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url')

/** What is kept of a token that is worth something to whoever has it: its SHA-256, by which it is known again. */
export const tokenHash = (token: string): Buffer<ArrayBuffer> => hash('sha256', token, 'buffer')

/** Compares a secret with what was given, in a time that tells nothing of either. */
export const sameSecret = (given: string, secret: string): boolean =>
  timingSafeEqual(tokenHash(given), tokenHash(secret))
