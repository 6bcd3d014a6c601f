import { idSchema } from '@karcis/kit/ids'
import { currencySchema, instantSchema, moneySchema, nameSchema } from '@karcis/kit/validate'
import { z } from 'zod'
import { codeSchema } from './promo.ts'

const PLACES = 10
/** What Postgres' integer holds. */
const MOST_USES = 2_147_483_647

const positive = moneySchema.min(1, 'must be at least 1')
const timesSchema = z.int().min(1, 'must be at least 1').max(MOST_USES, 'is too large')
const placesSchema = z.int().min(1, `must be from 1 to ${PLACES}`).max(PLACES, `must be from 1 to ${PLACES}`)
const orNull = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null)

const termsShape = {
  kind: z.enum(['PERCENT', 'FIXED', 'FREE_ITEM']),
  percent: orNull(z.int().min(1, 'must be from 1 to 100').max(100, 'must be from 1 to 100')),
  amount: orNull(positive),
  freeQuantity: orNull(placesSchema),
  currency: orNull(currencySchema),
  maximumDiscount: orNull(positive),
  minimumSpend: moneySchema.nullish().transform((value) => value ?? 0),
  minimumQuantity: placesSchema.nullish().transform((value) => value ?? 1),
  ticketTypeIds: z
    .array(idSchema)
    .max(100, 'must be at most 100')
    .nullish()
    .transform((ids) => [...new Set(ids)]),
  combinable: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
  startsAt: orNull(instantSchema),
  endsAt: orNull(instantSchema),
  maxUses: orNull(timesSchema),
  maxUsesPerUser: orNull(timesSchema),
}

const scopeShape = { eventId: orNull(idSchema), organizerId: orNull(idSchema) }

const terms = z.object(termsShape)

/** What the fields of a promotion ask of each other; the tables' CHECKs say the same. */
function checkTerms(input: z.output<typeof terms>, context: z.core.$RefinementCtx): void {
  const problem = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message })
  const values = { PERCENT: 'percent', FIXED: 'amount', FREE_ITEM: 'freeQuantity' } as const
  for (const [kind, field] of Object.entries(values)) {
    if (kind === input.kind && input[field] === null) problem(field, `is needed for ${kind}`)
    if (kind !== input.kind && input[field] !== null) problem(field, `is for ${kind} only`)
  }
  const hasAmount = input.amount !== null || input.maximumDiscount !== null || input.minimumSpend > 0
  if (hasAmount && input.currency === null) problem('currency', 'is needed with an amount')
  if (input.startsAt && input.endsAt && input.endsAt <= input.startsAt)
    problem('endsAt', 'must be after startsAt')
}

function checkScope(
  input: { eventId: string | null; organizerId: string | null; ticketTypeIds: readonly string[] },
  context: z.core.$RefinementCtx,
): void {
  const problem = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message })
  if (input.eventId !== null && input.organizerId !== null)
    problem('organizerId', 'cannot be given together with eventId')
  if (input.ticketTypeIds.length > 0 && input.eventId === null)
    problem('ticketTypeIds', 'are types of one event: give its eventId too')
}

/** The terms of a promotion as they will stand. */
export const termsInput = terms.superRefine(checkTerms)

const MIN_CODE = 3
const newCodeSchema = codeSchema.refine(
  (code) => code.length >= MIN_CODE,
  `must have at least ${MIN_CODE} characters`,
)

export const createPromoCodeInput = z
  .object({ ...scopeShape, ...termsShape, code: newCodeSchema })
  .superRefine(checkTerms)
  .superRefine(checkScope)

/** How many codes one campaign has at most. */
const MOST_CODES = 10_000

export const createPromoCampaignInput = z
  .object({
    ...scopeShape,
    ...termsShape,
    name: nameSchema(),
    count: z
      .int()
      .min(1, `must be from 1 to ${MOST_CODES}`)
      .max(MOST_CODES, `must be from 1 to ${MOST_CODES}`),
    prefix: codeSchema.refine((prefix) => prefix.length <= 20, 'must have at most 20 characters').nullish(),
  })
  .superRefine(checkTerms)
  .superRefine(checkScope)

/** A change: what is left out stays, null clears. The terms are checked once they are merged (`termsInput`). */
const changedTerms = {
  percent: z.unknown().optional(),
  amount: z.unknown().optional(),
  freeQuantity: z.unknown().optional(),
  currency: z.unknown().optional(),
  maximumDiscount: z.unknown().optional(),
  minimumSpend: z.unknown().optional(),
  minimumQuantity: z.unknown().optional(),
  ticketTypeIds: z.unknown().optional(),
  combinable: z.unknown().optional(),
  startsAt: z.unknown().optional(),
  endsAt: z.unknown().optional(),
  maxUses: z.unknown().optional(),
  maxUsesPerUser: z.unknown().optional(),
}

export const updatePromoCodeInput = z.object({
  id: idSchema,
  active: z.boolean().optional(),
  ...changedTerms,
})

export const updatePromoCampaignInput = z.object({
  id: idSchema,
  name: nameSchema().optional(),
  active: z.boolean().optional(),
  ...changedTerms,
})
