/** What a person has chosen of how things are shown. In a cookie, so that the server can give the page its language and theme before any script runs. */
type Choice = 'language' | 'theme'

const YEAR_SECONDS = 31_536_000

const nameOf = (choice: Choice): string => `karcis-${choice}`

/** What was chosen; undefined for nothing. */
export function choice(name: Choice): string | undefined {
  const start = `${nameOf(name)}=`
  const pairs = globalThis.document?.cookie.split('; ') ?? []
  return pairs.find((pair) => pair.startsWith(start))?.slice(start.length)
}

/** Keeps a choice for a year. @param value null forgets it. */
export function choose(name: Choice, value: string | null): void {
  const age = value === null ? 0 : YEAR_SECONDS
  const secure = location.protocol === 'https:' ? '; Secure' : ''
  document.cookie = `${nameOf(name)}=${value ?? ''}; Path=/; Max-Age=${age}; SameSite=Lax${secure}`
}
