/** What this browser keeps for the app by a name; undefined where there is nothing. */
export function stored(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined
  } catch {
    return undefined // a browser that keeps nothing for sites
  }
}

/** Keeps it, or with null no longer. */
export function store(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key)
    else localStorage.setItem(key, value)
  } catch {
    // A browser that keeps nothing for sites: people sign in anew in each tab.
  }
}
