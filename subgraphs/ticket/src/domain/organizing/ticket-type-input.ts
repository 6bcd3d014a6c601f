import { moneySchema, nameSchema } from '@karcis/kit/validate'
import { z } from 'zod'

const MAX_QUOTA = 10_000_000

/** The fields that creating and updating a ticket type share. */
export const ticketTypeFields = {
  name: nameSchema(),
  price: moneySchema,
  quota: z.number().int().min(1, 'must be at least 1').max(MAX_QUOTA, `must be at most ${MAX_QUOTA}`),
  saleStartsAt: z.date().nullish(),
  saleEndsAt: z.date().nullish(),
  maxPerUser: z
    .number()
    .int()
    .min(1, 'must be at least 1')
    .max(MAX_QUOTA, `must be at most ${MAX_QUOTA}`)
    .nullish(),
  section: nameSchema().nullish(),
}

/** What a price that does not fit its kind is told. */
export const PRICE_RULE = 'must be 0 for FREE and above 0 for PAID'

/** What a sale that ends before it begins is told. */
export const WINDOW_RULE = 'must be after saleStartsAt'

/** Whether a sale ends after it begins; open ends are fine. */
export const isSaleWindow = (startsAt: Date | null | undefined, endsAt: Date | null | undefined): boolean =>
  !startsAt || !endsAt || endsAt > startsAt
