/** Why somebody was sent to Google, and where they go on. It lasts as long as the tab, since they come back to the same one. */
interface Google {
  readonly purpose: 'sign-in' | 'link'
  readonly next: string
}

const KEY = 'karcis-google'

export function keepGoogle(google: Google): void {
  sessionStorage.setItem(KEY, JSON.stringify(google))
}

/** Gives it once. Whoever comes back without it began elsewhere, and wants to sign in. */
export function takeGoogle(): Google {
  const kept = sessionStorage.getItem(KEY)
  sessionStorage.removeItem(KEY)
  return kept ? (JSON.parse(kept) as Google) : { purpose: 'sign-in', next: '/' }
}
