import type { Reads } from '@karcis/kit/reads'
import type { Tx } from '../database.ts'
import { slugCandidates } from '@karcis/kit/slugs'

/** Whether no other event has, or had, a slug. Until the transaction ends nobody else is told so of the same. */
export async function isSlugFree(tx: Tx, slug: string, eventId: string): Promise<boolean> {
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`slug ${slug}`}, 0))::text`
  const taken = await tx.$queryRaw<
    unknown[]
  >`SELECT FROM events WHERE slug = ${slug} AND id <> ${eventId}::uuid
    UNION ALL SELECT FROM former_slugs WHERE slug = ${slug} AND event_id <> ${eventId}::uuid`
  return taken.length === 0
}

/** An event whose row is locked. */
interface Addressed {
  id: string
  slug: string
  /** Null while it was never public: then nobody has its address. */
  approvedAt: Date | null
}

/**
 * The slug that an event, whose row is locked, is to have by its new title, in the same transaction. Where the public knows it by the one that it had,
 * that leads to it from now on; it may have it back. One that fits stays.
 */
export async function nextSlug(tx: Tx, { id, slug, approvedAt }: Addressed, title: string): Promise<string> {
  const candidates = slugCandidates(title, id, 'event')
  if (candidates.includes(slug)) return slug
  for (const candidate of candidates) {
    if (!(await isSlugFree(tx, candidate, id))) continue
    await tx.$executeRaw`DELETE FROM former_slugs WHERE slug = ${candidate}`
    if (approvedAt !== null)
      await tx.$executeRaw`INSERT INTO former_slugs (slug, event_id) VALUES (${slug}, ${id}::uuid)`
    return candidate
  }
  return slug
}

/** The events that had these slugs under former titles, by slug. */
export async function findFormerSlugs(db: Reads, slugs: readonly string[]): Promise<Map<string, string>> {
  const rows = await db.$queryRaw<{ slug: string; eventId: string }[]>`
    SELECT slug, event_id AS "eventId" FROM former_slugs WHERE slug = ANY(${slugs}::text[])`
  return new Map(rows.map(({ slug, eventId }) => [slug, eventId]))
}
