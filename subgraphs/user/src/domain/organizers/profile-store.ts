import type { StoredImage } from '@karcis/kit/contracts/files'
import type { Reads } from '@karcis/kit/reads'
import { slugCandidates, slugOf } from '@karcis/kit/slugs'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Tx } from '../database.ts'

/** The public page of an organizer. */
export interface OrganizerPage {
  /** Of the account. */
  id: string
  slug: string
  name: string
  image: StoredImage | null
  about: string | null
  website: string | null
  links: OrganizerLink[]
  /** When an admin last let them hold events; null of those for whom that was not noted. */
  verifiedSince: Date | null
  updatedAt: Date
}

/** Where else an organizer is found. */
export interface OrganizerLink {
  label: string
  url: string
}

const COLUMNS = Prisma.sql`p.user_id AS id, p.slug, p.name, p.image, p.about, p.website, p.links, p.verified_at AS "verifiedSince", p.updated_at AS "updatedAt"`

/** Whoever may hold events has a page, for as long as they may. */
const OPEN = Prisma.sql`u.role IN ('ORGANIZER', 'ADMIN') AND u.suspended_at IS NULL AND u.deleted_at IS NULL`

/** Pages that are open to everybody, by organizer. */
export async function findOpenPages(db: Reads, ids: readonly string[]): Promise<Map<string, OrganizerPage>> {
  const pages = await db.$queryRaw<
    OrganizerPage[]
  >`SELECT ${COLUMNS} FROM organizer_profiles p JOIN users u ON u.id = p.user_id
    WHERE p.user_id = ANY(${ids}::uuid[]) AND ${OPEN}`
  return new Map(pages.map((page) => [page.id, page]))
}

/** Whose a slug is, or was; null when it is nobody's. */
export async function findOwnerOfSlug(db: Reads, slug: string): Promise<string | null> {
  const [row] = await db.$queryRaw<{ id: string }[]>`
    SELECT organizer_id AS id FROM organizer_slugs WHERE slug = ${slug}`
  return row?.id ?? null
}

/** The page of somebody whose account the caller has locked, open or not. */
export async function findPage(tx: Tx, id: string): Promise<OrganizerPage | null> {
  const [page] = await tx.$queryRaw<
    OrganizerPage[]
  >`SELECT ${COLUMNS} FROM organizer_profiles p WHERE p.user_id = ${id}::uuid`
  return page ?? null
}

/** How many follow organizers, by organizer; those whom nobody does are left out. */
export async function countFollowers(db: Reads, ids: readonly string[]): Promise<Map<string, number>> {
  const rows = await db.$queryRaw<{ id: string; count: number }[]>`
    SELECT organizer_id AS id, count(*)::int AS count FROM follows WHERE organizer_id = ANY(${ids}::uuid[]) GROUP BY 1`
  return new Map(rows.map(({ id, count }) => [id, count]))
}

/**
 * Gives an organizer the first slug of a name that is free, or theirs from before. The caller has locked the account.
 * @param slug the one that they have: it stays where it already says the name.
 */
async function claimSlug(tx: Tx, organizerId: string, name: string, slug: string | null): Promise<string> {
  const base = slugOf(name) || FALLBACK
  if (slug !== null && (slug === base || slug === `${base}-${organizerId.slice(-6)}`)) return slug
  for (const wanted of slugCandidates(name, organizerId, FALLBACK)) {
    const claimed = await tx.$executeRaw`INSERT INTO organizer_slugs AS s (slug, organizer_id)
      VALUES (${wanted}, ${organizerId}::uuid)
      ON CONFLICT (slug) DO UPDATE SET claimed_at = s.claimed_at WHERE s.organizer_id = excluded.organizer_id`
    if (claimed === 1) return wanted
  }
  throw new Error(`a slug of ${organizerId} is somebody else's`) // the last one has the whole id in it
}

const FALLBACK = 'organizer'

/** How many slugs an organizer has taken within the last day. */
export async function countRecentSlugs(tx: Tx, organizerId: string): Promise<number> {
  const [row] = await tx.$queryRaw<{ count: number }[]>`SELECT count(*)::int AS count FROM organizer_slugs
    WHERE organizer_id = ${organizerId}::uuid AND claimed_at > now() - interval '1 day'`
  return row?.count ?? 0
}

/** What a page says. */
export type PageContent = Pick<OrganizerPage, 'name' | 'image' | 'about' | 'website' | 'links'>

/** Writes the page of an organizer, whose account the caller has locked, under a slug of its name. */
export async function upsertPage(tx: Tx, id: string, content: PageContent): Promise<OrganizerPage> {
  const before = await findPage(tx, id)
  const slug = await claimSlug(tx, id, content.name, before?.slug ?? null)
  const { name, image, about, website, links } = content
  const [page] = await tx.$queryRaw<OrganizerPage[]>`
    INSERT INTO organizer_profiles AS p (user_id, slug, name, image, about, website, links)
    VALUES (${id}::uuid, ${slug}, ${name}, ${image && JSON.stringify(image)}::jsonb, ${about}, ${website}, ${JSON.stringify(links)}::jsonb)
    ON CONFLICT (user_id) DO UPDATE SET slug = excluded.slug, name = excluded.name, image = excluded.image, about = excluded.about,
      website = excluded.website, links = excluded.links, updated_at = now()
    RETURNING ${COLUMNS}`
  if (!page) throw new Error('an upsert gives a row')
  return page
}

/** Notes that an admin has let somebody hold events. @param at null for now. */
export async function updateVerified(tx: Tx, id: string, at: Date | null): Promise<void> {
  await tx.$executeRaw`UPDATE organizer_profiles SET verified_at = coalesce(${at}::timestamptz, now()) WHERE user_id = ${id}::uuid`
}

/** Somebody who has no page yet, and what they said of themselves in the proposal that was approved, if there was one. */
export interface Unpaged {
  id: string
  name: string
  about: string | null
  verifiedAt: Date | null
}

/** Organizers from before there were pages: so many at most. */
export const listUnpaged = (db: Reads, limit: number): PromiseLike<Unpaged[]> =>
  db.$queryRaw<
    Unpaged[]
  >`SELECT u.id, coalesce(p.name, u.name) AS name, p.description AS about, p.reviewed_at AS "verifiedAt"
    FROM users u LEFT JOIN LATERAL (SELECT name, description, reviewed_at FROM organizer_proposals
      WHERE user_id = u.id AND status = 'APPROVED' ORDER BY id DESC LIMIT 1) p ON TRUE
    WHERE u.role = 'ORGANIZER' AND u.deleted_at IS NULL AND NOT EXISTS (SELECT FROM organizer_profiles o WHERE o.user_id = u.id)
    LIMIT ${limit}::int`

/** Takes a page away, and all its slugs. */
export async function deletePage(tx: Tx, id: string): Promise<void> {
  await tx.$executeRaw`DELETE FROM organizer_profiles WHERE user_id = ${id}::uuid`
  await tx.$executeRaw`DELETE FROM organizer_slugs WHERE organizer_id = ${id}::uuid`
}
