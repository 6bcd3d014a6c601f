/** How long what failed is left alone: so many seconds after the first failure, and how many times as long after each further one. */
export interface BackOff {
  firstSeconds: number
  grows: number
  mostSeconds: number
}

/**
 * Seconds until the next attempt.
 * @param attempt the number of the one that failed, from 1. @param chance 0 to 1: it spreads those that failed together, over the half.
 */
export const backOffSeconds = (
  attempt: number,
  chance: number,
  { firstSeconds, grows, mostSeconds }: BackOff,
): number => Math.min(firstSeconds * grows ** (attempt - 1), mostSeconds) * (0.5 + chance / 2)
