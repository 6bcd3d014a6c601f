import { randomBytes } from 'node:crypto'
import { transaction } from '@karcis/kit/database'
import { BadUserInput, Forbidden, NotFound } from '@karcis/kit/errors'
import { idSchema, newId } from '@karcis/kit/ids'
import type { Connection, PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import type { Deps } from '../deps.ts'
import { mayDo } from '../events/event-copy.ts'
import type { PromoCampaign, PromoCode, PromoScope, PromoTerms } from './promo.ts'
import {
  createPromoCampaignInput,
  createPromoCodeInput,
  termsInput,
  updatePromoCampaignInput,
  updatePromoCodeInput,
} from './promo-input.ts'
import {
  deleteCode,
  findCampaign,
  findPromoCode,
  insertPromo,
  listCampaigns,
  listPromoCodes,
  lockPromo,
  updateCode,
  updatePromo,
} from './promo-store.ts'

export type PromoCodeConnection = Connection<PromoCode>
export type PromoCampaignConnection = Connection<PromoCampaign>

/**
 * Makes one code. @throws Forbidden, BadUserInput; Conflict when the code is taken where it would hold.
 */
export async function createPromoCode(deps: Deps, viewer: Viewer, rawInput: unknown): Promise<PromoCode> {
  const { code, ...promo } = parseInput(createPromoCodeInput, rawInput)
  await requireManager(deps, viewer, promo)
  await checkAgainstEvent(deps, viewer, promo.eventId, promo)
  const id = await transaction(deps.db, async (tx) => {
    const [codeId = ''] = await insertPromo(tx, { ...promo, id: newId(), name: null, createdBy: viewer.id }, [
      code,
    ])
    return codeId
  })
  return foundCode(deps, id)
}

/** Makes many codes at once that nobody can guess, each good for one booking. @throws Forbidden, BadUserInput. */
export async function createPromoCampaign(
  deps: Deps,
  viewer: Viewer,
  rawInput: unknown,
): Promise<PromoCampaign> {
  const { count, prefix, ...promo } = parseInput(createPromoCampaignInput, rawInput)
  await requireManager(deps, viewer, promo)
  await checkAgainstEvent(deps, viewer, promo.eventId, promo)
  const id = newId()
  const codes = Array.from({ length: count }, () => `${prefix == null ? '' : `${prefix}-`}${randomCode()}`)
  await transaction(deps.db, (tx) => insertPromo(tx, { ...promo, id, createdBy: viewer.id }, codes))
  return foundCampaign(deps, id)
}

/**
 * Changes the terms of a code, or switches it on or off. What is left out stays, null clears. Bookings made before keep their price.
 * @throws NotFound, Forbidden; BadUserInput, also for the terms of a campaign's code, which are the campaign's.
 */
export async function updatePromoCode(deps: Deps, viewer: Viewer, rawInput: unknown): Promise<PromoCode> {
  const { id, active, ...change } = parseInput(updatePromoCodeInput, rawInput)
  const { eventId, campaignId, promoId } = await manageCode(deps, viewer, id)
  const changesTerms = Object.values(change).some((value) => value !== undefined)
  if (changesTerms && campaignId !== null) {
    throw new BadUserInput([
      { path: 'input.id', message: 'is of a campaign, whose terms are changed by updatePromoCampaign' },
    ])
  }
  await transaction(deps.db, async (tx) => {
    await lockPromo(tx, promoId)
    const now = await findPromoCode(tx, id)
    if (!now) throw new NotFound('promo code', id)
    if (changesTerms) await updatePromo(tx, promoId, await merged(deps, viewer, eventId, now, change))
    if (active !== undefined) await updateCode(tx, id, active)
  })
  return foundCode(deps, id)
}

/** As `updatePromoCode`, of all codes of a campaign. @throws NotFound, Forbidden, BadUserInput. */
export async function updatePromoCampaign(
  deps: Deps,
  viewer: Viewer,
  rawInput: unknown,
): Promise<PromoCampaign> {
  const { id, name, active, ...change } = parseInput(updatePromoCampaignInput, rawInput)
  const { eventId } = await manageCampaign(deps, viewer, id)
  await transaction(deps.db, async (tx) => {
    await lockPromo(tx, id)
    const now = await findCampaign(tx, id)
    if (!now) throw new NotFound('promo campaign', id)
    const terms = await merged(deps, viewer, eventId, now, change)
    await updatePromo(tx, id, {
      ...terms,
      ...(name !== undefined && { name }),
      ...(active !== undefined && { active }),
    })
  })
  return foundCampaign(deps, id)
}

/** Takes a code away: nobody can use it any more. Bookings that hold it keep their price. @throws NotFound, Forbidden, BadUserInput. */
export async function deletePromoCode(deps: Deps, viewer: Viewer, rawId: string): Promise<PromoCode> {
  const id = parseInput(idSchema, rawId, 'id')
  const code = await manageCode(deps, viewer, id)
  if (!(await transaction(deps.db, (tx) => deleteCode(tx, id)))) throw new NotFound('promo code', id)
  return { ...code, active: false }
}

/** What a list is of: an event's codes, an organizer's own, or the platform's. */
export type ScopeArgs = PageArgs & {
  eventId?: string | null | undefined
  organizerId?: string | null | undefined
}

/** The single codes of a scope, newest first. @throws Forbidden, BadUserInput. */
export async function viewPromoCodes(
  deps: Deps,
  viewer: Viewer,
  args: ScopeArgs,
): Promise<PromoCodeConnection> {
  const { scope, page } = readScope(args)
  await requireManager(deps, viewer, scope)
  return listPromoCodes(deps.db, scope, page)
}

/** The campaigns of a scope, newest first. @throws Forbidden, BadUserInput. */
export async function viewCampaigns(
  deps: Deps,
  viewer: Viewer,
  args: ScopeArgs,
): Promise<PromoCampaignConnection> {
  const { scope, page } = readScope(args)
  await requireManager(deps, viewer, scope)
  return listCampaigns(deps.db, scope, page)
}

function readScope({ eventId, organizerId, ...page }: ScopeArgs): { scope: PromoScope; page: PageArgs } {
  if (eventId != null && organizerId != null) {
    throw new BadUserInput([{ path: 'organizerId', message: 'cannot be given together with eventId' }])
  }
  const read = (id: string | null | undefined, path: string) =>
    id == null ? null : parseInput(idSchema, id, path)
  return { scope: { eventId: read(eventId, 'eventId'), organizerId: read(organizerId, 'organizerId') }, page }
}

/** Who may make and change promotions: of an event its organizer, of all their events an organizer, everywhere admins. */
async function requireManager(
  deps: Deps,
  viewer: Viewer,
  { eventId, organizerId }: PromoScope,
): Promise<void> {
  if (viewer.role === 'ADMIN') return
  if (eventId !== null) {
    if (await mayDo(deps, viewer, eventId, 'EDIT')) return
    throw new Forbidden('Only its organizer and its editors manage the promo codes of an event.')
  }
  if (organizerId === null) throw new Forbidden('Only an admin manages promo codes of the whole platform.')
  if (viewer.role !== 'ORGANIZER' || organizerId !== viewer.id)
    throw new Forbidden('These are not your promo codes.')
}

async function manageCode(deps: Deps, viewer: Viewer, id: string): Promise<PromoCode> {
  const code = await findPromoCode(deps.db, id)
  if (!code) throw new NotFound('promo code', id)
  await requireManager(deps, viewer, code)
  return code
}

async function manageCampaign(deps: Deps, viewer: Viewer, id: string): Promise<PromoCampaign> {
  const campaign = await findCampaign(deps.db, id)
  if (!campaign) throw new NotFound('promo campaign', id)
  await requireManager(deps, viewer, campaign)
  return campaign
}

/** Terms with a change of some of them. */
async function merged(
  deps: Deps,
  viewer: Viewer,
  eventId: string | null,
  now: PromoTerms,
  change: Record<string, unknown>,
): Promise<PromoTerms> {
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
  const terms = parseInput(termsInput, { ...now, ...given })
  if (eventId === null && terms.ticketTypeIds.length > 0)
    throw wrong('ticketTypeIds', 'are types of one event, and this holds for several')
  if (given.ticketTypeIds != null || given.currency != null)
    await checkAgainstEvent(deps, viewer, eventId, terms)
  return terms
}

/** Ticket types that are the event's, and its currency. What nobody can look up now is seen when a code is used. */
async function checkAgainstEvent(
  { tickets }: Deps,
  viewer: Viewer,
  eventId: string | null,
  { ticketTypeIds, currency }: PromoTerms,
): Promise<void> {
  if (eventId === null || (ticketTypeIds.length === 0 && currency === null)) return
  const types = await tickets.typesOfEvent(viewer, eventId)
  if (ticketTypeIds.some((id) => !types.has(id)))
    throw wrong('ticketTypeIds', 'must be ticket types of the event')
  const [own] = types.values()
  if (currency !== null && own !== undefined && own !== currency)
    throw wrong('currency', `must be ${own}, the currency of the event`)
}

async function foundCode({ db }: Deps, id: string): Promise<PromoCode> {
  const code = await findPromoCode(db, id)
  if (!code) throw new NotFound('promo code', id) // deleted in this very moment
  return code
}

async function foundCampaign({ db }: Deps, id: string): Promise<PromoCampaign> {
  const campaign = await findCampaign(db, id)
  if (!campaign) throw new NotFound('promo campaign', id)
  return campaign
}

/** Without letters and digits that are taken for one another (Crockford's Base32). */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** 32^12 = 2^60: of a million codes, a guess in 10^12 is one. */
const RANDOM_CHARACTERS = 12

const randomCode = (): string =>
  Array.from(randomBytes(RANDOM_CHARACTERS), (byte) => ALPHABET[byte % ALPHABET.length]).join('')

const wrong = (field: string, message: string) => new BadUserInput([{ path: `input.${field}`, message }])
