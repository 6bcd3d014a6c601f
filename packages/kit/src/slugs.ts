const MAX = 80

/** The readable part of a web address for a title: ASCII letters, digits and single hyphens, at most 80 characters. '' when nothing is left. */
export function slugOf(title: string): string {
  const ascii = title.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  return ascii
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX)
    .replace(/^-+|-+$/g, '')
}

/** Whether a text could be a slug at all. */
export const isSlug = (text: string): boolean => /^[a-z0-9-]{1,160}$/.test(text)

/** Slugs to try in turn for something new; the last one is unique, because the id is. */
export function slugCandidates(title: string, id: string, fallback: string): string[] {
  const base = slugOf(title) || fallback
  // The end of a UUIDv7 is its random part; its beginning is the time, which is the same for what was made together.
  return [base, `${base}-${id.slice(-6)}`, `${base}-${id}`]
}
