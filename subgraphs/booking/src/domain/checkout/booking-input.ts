import { BadUserInput, type FieldProblem, KarcisError } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import { keySchema, moneySchema, nameSchema } from '@karcis/kit/validate'
import { z } from 'zod'
import { codeSchema, codesSchema } from '../promos/promo.ts'
import type { Wanted } from '../ticket-service.ts'

/** How many places one booking may have; the same as one hold. */
const MAX_PLACES = 10

const placesMessage = `must be from 1 to ${MAX_PLACES}`
const quantitySchema = z.int().min(1, placesMessage).max(MAX_PLACES, placesMessage)

const itemSchema = z.object({
  ticketTypeId: idSchema,
  quantity: quantitySchema,
  unitPrice: moneySchema.nullish(),
})

/** A code that is the ticket subgraph's to judge; no longer than any. */
export const accessCodeSchema = nameSchema(40)

const placesShape = {
  holdId: idSchema.nullish(),
  ticketTypeId: idSchema.nullish(),
  quantity: quantitySchema.nullish(),
  items: z.array(itemSchema).min(1, 'must name at least one ticket type').nullish(),
  unitPrice: moneySchema.nullish(),
  accessCode: accessCodeSchema.nullish(),
}

/** Which places, in one of three ways: a hold, so many of one type, or so many of each of several. */
export type PlacesInput = z.infer<z.ZodObject<typeof placesShape>>

const codesShape = { promoCode: codeSchema.nullish(), promoCodes: codesSchema.nullish() }

/** What to book, with which promo codes. */
export const createBookingInput = z
  .object({ ...placesShape, ...codesShape, idempotencyKey: keySchema.nullish() })
  .superRefine(checkPlaces)
  .superRefine(checkCodes)

/** What might be booked, with which promo codes. */
export const quoteBookingInput = z
  .object({ ...placesShape, ...codesShape })
  .superRefine(checkPlaces)
  .superRefine(checkCodes)

export type CreateBookingInput = z.infer<typeof createBookingInput>

/** A code to try on what might be booked, with others that are to be used together with it. */
export const redeemPromoInput = z
  .object({ ...placesShape, code: codeSchema, combinedWith: codesSchema.nullish() })
  .superRefine(checkPlaces)

/** The promo codes of an input, each once. */
export const codesOf = ({
  promoCode,
  promoCodes,
}: Pick<CreateBookingInput, 'promoCode' | 'promoCodes'>): string[] => [
  ...new Set(promoCode == null ? promoCodes : [promoCode]),
]

function checkCodes(
  { promoCode, promoCodes }: z.infer<z.ZodObject<typeof codesShape>>,
  context: z.core.$RefinementCtx,
): void {
  if (promoCode == null || promoCodes == null) return
  context.addIssue({
    code: 'custom',
    path: ['promoCodes'],
    message: 'cannot be given together with promoCode',
  })
}

function checkPlaces(
  { holdId, ticketTypeId, quantity, items, unitPrice, accessCode }: PlacesInput,
  context: z.core.$RefinementCtx,
): void {
  const problem = (path: (string | number)[], message: string) =>
    context.addIssue({ code: 'custom', path, message })
  const [way, ...others] = Object.entries({ holdId, ticketTypeId, items }).filter(
    ([, value]) => value != null,
  )
  if (!way) problem(['holdId'], 'is needed, or ticketTypeId with quantity, or items')
  for (const [other] of others) problem([other], `cannot be given together with ${way?.[0]}`)
  if (ticketTypeId != null && quantity == null) problem(['quantity'], 'is needed with ticketTypeId')
  if (ticketTypeId == null && quantity != null) problem(['quantity'], 'is for ticketTypeId only')
  if (holdId != null && accessCode != null) problem(['accessCode'], 'is not needed for what is held')
  if (items == null) return
  if (unitPrice != null) problem(['unitPrice'], 'is given with each of the items')
  const types = items.map((item) => item.ticketTypeId)
  for (const [at, type] of types.entries()) {
    if (types.indexOf(type) < at) problem(['items', at, 'ticketTypeId'], 'is among the items already')
  }
  const places = items.reduce((sum, item) => sum + item.quantity, 0)
  if (places > MAX_PLACES) problem(['items'], `must be for at most ${MAX_PLACES} places together`)
}

/** What is asked of the ticket subgraph. */
export function wantedOf({ holdId, ticketTypeId, quantity, items, accessCode = null }: PlacesInput): Wanted {
  if (holdId != null) return { holdId }
  if (items != null) return { items: items.map(({ unitPrice: _, ...item }) => item), accessCode }
  if (ticketTypeId == null || quantity == null) throw new Error('the input was not checked')
  return { items: [{ ticketTypeId, quantity }], accessCode }
}

/** What an idempotency key stands for: equal for equal inputs. What opens the way to the places is not what is asked for. */
export const identityOf = ({
  holdId,
  ticketTypeId,
  quantity,
  unitPrice,
  items,
  ...promos
}: CreateBookingInput): unknown[] => [
  holdId ?? null,
  ticketTypeId ?? null,
  quantity ?? null,
  unitPrice ?? null,
  ...(items ?? []).map((item) => [item.ticketTypeId, item.quantity, item.unitPrice ?? null]),
  ...codesOf(promos).map((promoCode) => ({ promoCode })),
]

/**
 * What the ticket subgraph refuses of `wantedOf`, by the names of the fields that the client has sent; any other error as it is.
 */
export function toClientFields(error: unknown, { items }: Pick<PlacesInput, 'items'>): unknown {
  if (!(error instanceof KarcisError) || error.code !== 'BAD_USER_INPUT') return error
  const fields = (error.facts.fields ?? []) as FieldProblem[]
  const named = fields.map(({ path, message }) => ({
    path: `input.${items == null ? path.replace(/^items\.0\./, '').replace(/^items$/, 'ticketTypeId') : path}`,
    message,
  }))
  return new BadUserInput(named)
}
