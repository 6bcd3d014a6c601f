/** An end that moves by less has not moved: a hold that was just made lasts as long as it can already. */
const NOTHING_MS = 1_000
/** Since a refusal so much has passed that there would be more to give, if there were ever to be. */
const SOME_MS = 5_000

/**
 * What asking for more time has come to. The API makes a hold as long as it was at the beginning, and that only up to a point: refused once it may be too
 * early, refused again a while later it is over.
 * @param refusedAt when it was refused first, in milliseconds; null for never.
 */
export function afterAsking(
  before: { readonly expiresAt: string },
  after: { readonly expiresAt: string },
  refusedAt: number | null,
  now: number,
): 'given' | 'later' | 'never' {
  if (Date.parse(after.expiresAt) - Date.parse(before.expiresAt) > NOTHING_MS) return 'given'
  return refusedAt !== null && now - refusedAt > SOME_MS ? 'never' : 'later'
}
