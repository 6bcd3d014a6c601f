import { transaction } from '@karcis/kit/database'
import { Forbidden, KarcisError, Unauthenticated } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { isSlug } from '@karcis/kit/slugs'
import { nameSchema, NOT_NULL, parseInput, textSchema } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import { lockAccount } from '../accounts/account-store.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { finishUpload, type Wanted } from '../files/finish-upload.ts'
import { imageOf } from '../files/upload-store.ts'
import { endUses, useUpload } from '../files/use-upload.ts'
import * as store from './profile-store.ts'

/** The page that a slug leads to, in any case, also one that its organizer had before; null when there is none, or it is not open. */
export async function findPageBySlug(
  { reads }: Pick<Deps, 'reads'>,
  slug: string,
): Promise<store.OrganizerPage | null> {
  const wanted = slug.toLowerCase()
  const id = isSlug(wanted) ? await store.findOwnerOfSlug(reads, wanted) : null
  return id === null ? null : ((await store.findOpenPages(reads, [id])).get(id) ?? null)
}

const MOST_LINKS = 10
/** New names of one organizer within a day, each of which takes a slug for good. */
const MOST_SLUGS = 5

const webAddress = z
  .string()
  .trim()
  .max(500, 'must have at most 500 characters')
  .pipe(z.url({ protocol: /^https?$/, hostname: z.regexes.domain, error: 'must be an http(s):// URL' }))
const schema = z.object({
  name: z
    .custom((value) => value !== null, NOT_NULL)
    .pipe(nameSchema())
    .optional(),
  imageUploadId: idSchema.nullish(),
  about: textSchema(5_000).nullish(),
  website: webAddress.nullish(),
  links: z
    .array(z.object({ label: nameSchema(40), url: webAddress }))
    .max(MOST_LINKS, `must be ${MOST_LINKS} at most`)
    .nullish(),
})

/**
 * Changes the viewer's page; undefined stays, null clears. A new name has a slug of its own; those before still lead here.
 * @throws Forbidden unless they may hold events; BadUserInput; of the picture as `finishUpload`; RATE_LIMITED after too many names within a day.
 */
export async function updateOrganizerProfile(
  deps: Deps,
  viewer: Viewer,
  input: unknown,
): Promise<store.OrganizerPage> {
  requireRole({ viewer }, 'ORGANIZER')
  const { imageUploadId, ...changes } = parseInput(schema, input)
  const wanted: Required<Wanted> | null = imageUploadId
    ? { uploadId: imageUploadId, ownerId: viewer.id, purpose: 'ORGANIZER_IMAGE', path: 'input.imageUploadId' }
    : null
  if (wanted) await finishUpload(deps, wanted)
  return transaction(deps.db, async (tx) => {
    const account = await lockAccount(tx, viewer.id)
    if (!account) throw new Unauthenticated()
    if (account.role !== 'ORGANIZER' && account.role !== 'ADMIN')
      throw new Forbidden('This needs the role ORGANIZER or ADMIN.')
    const before = (await store.findPage(tx, viewer.id)) ?? { ...EMPTY, name: account.name, slug: null }
    const {
      name = before.name,
      about = before.about,
      website = before.website,
      links = before.links,
    } = changes
    const image = imageUploadId === undefined ? before.image : await showImage(tx, viewer.id, wanted)
    const page = await store.upsertPage(tx, viewer.id, { name, image, about, website, links: links ?? [] })
    if (page.slug !== before.slug && (await store.countRecentSlugs(tx, viewer.id)) > MOST_SLUGS)
      throw new KarcisError('RATE_LIMITED', 'You have taken many names today. Keep this one for a while.', {
        retryAfterSeconds: 86_400,
      })
    return page
  })
}

/** Has a page show another picture, or none. */
async function showImage(
  tx: Tx,
  organizerId: string,
  wanted: Required<Wanted> | null,
): Promise<store.OrganizerPage['image']> {
  const usedBy = `organizer:${organizerId}` as const
  const upload = wanted && (await useUpload(tx, wanted, usedBy))
  await endUses(tx, usedBy, upload?.id)
  return upload && imageOf(upload)
}

const EMPTY = { image: null, about: null, website: null, links: [] }

/** What a page begins with. */
interface Beginning {
  name: string
  about: string | null
  /** When an admin let them hold events; null for now. */
  verifiedAt: Date | null
}

/** Sees to it that somebody who may hold events from now on, and whose account the caller has locked, has a page. */
export async function openPage(tx: Tx, id: string, { name, about, verifiedAt }: Beginning): Promise<void> {
  if (!(await store.findPage(tx, id))) await store.upsertPage(tx, id, { ...EMPTY, name, about })
  await store.updateVerified(tx, id, verifiedAt)
}

const AT_ONCE = 100

/** Gives organizers of before there were pages one, as far as they have none. May be run at any time, and by several at once. */
export async function openMissingPages({ db, log }: Pick<Deps, 'db' | 'log'>): Promise<void> {
  const unpaged = await store.listUnpaged(db, AT_ONCE)
  for (const { id, ...beginning } of unpaged)
    await transaction(db, async (tx) => {
      const account = await lockAccount(tx, id)
      if (account?.role !== 'ORGANIZER' || (await store.findPage(tx, id))) return
      await store.upsertPage(tx, id, { ...EMPTY, name: beginning.name, about: beginning.about })
      if (beginning.verifiedAt) await store.updateVerified(tx, id, beginning.verifiedAt)
    })
  if (unpaged.length > 0) log.info({ pages: unpaged.length }, 'organizers have pages')
}
