/** Within which the same code is one scan: a camera sees it many times, a trigger is pressed twice. */
const SAME_MS = 3_000

/** What a compact code has; see `Ticket.code`. */
const COMPACT_LENGTH = 153

/**
 * Lets each code through once, whatever reads it: camera, hardware scanner, or fingers.
 * @returns what takes a code in, at a moment in milliseconds: the code as it is meant, or null when it was seen just now.
 */
export function createIntake(): (code: string, now: number) => string | null {
  const seen = new Map<string, number>()
  return (read, now) => {
    for (const [code, at] of seen) if (now - at >= SAME_MS) seen.delete(code)
    const code = mended(read)
    if (code === '') return null
    const isNew = !seen.has(code)
    seen.set(code, now) // as long as it stays before the camera it is the same scan
    return isNew ? code : null
  }
}

/** A code without what keyboards and clipboards do to it: capitals lost to the Caps Lock key, spaces at its end to whoever trims. */
function mended(read: string): string {
  const code = read.replaceAll(/[\r\n\t]/g, '').trimStart()
  return /^kc1/i.test(code) ? code.toUpperCase().padEnd(COMPACT_LENGTH) : code.trimEnd()
}
