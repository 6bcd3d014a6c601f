import { idSchema } from '@karcis/kit/ids'
import { keySchema, moneySchema } from '@karcis/kit/validate'
import { z } from 'zod'
import { accessCodeSchema } from '../checkout/booking-input.ts'
import { codeSchema } from '../promos/promo.ts'

/** How many places one item may be of; the same as one hold. */
const MAX_PLACES = 10

const placesMessage = `must be from 1 to ${MAX_PLACES}`
const quantitySchema = z.int().min(1, placesMessage).max(MAX_PLACES, placesMessage)

/** So many of one ticket type, or chosen seats of one event. */
export const addToCartInput = z
  .object({
    ticketTypeId: idSchema.nullish(),
    quantity: quantitySchema.nullish(),
    eventId: idSchema.nullish(),
    seatIds: z.array(idSchema).min(1, 'must name at least one seat').max(MAX_PLACES, placesMessage).nullish(),
    unitPrice: moneySchema.nullish(),
    accessCode: accessCodeSchema.nullish(),
    idempotencyKey: keySchema.nullish(),
  })
  .superRefine(({ ticketTypeId, quantity, eventId, seatIds }, context) => {
    const problem = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    if (ticketTypeId == null && seatIds == null)
      problem('ticketTypeId', 'is needed with quantity, or eventId with seatIds')
    if (ticketTypeId != null && seatIds != null)
      problem('seatIds', 'cannot be given together with ticketTypeId')
    if (ticketTypeId != null && quantity == null) problem('quantity', 'is needed with ticketTypeId')
    if (ticketTypeId == null && quantity != null) problem('quantity', 'is for ticketTypeId only')
    if (seatIds != null && eventId == null) problem('eventId', 'is needed with seatIds')
    if (seatIds == null && eventId != null) problem('eventId', 'is for seatIds only')
    if (seatIds != null && new Set(seatIds).size < seatIds.length)
      problem('seatIds', 'must not name a seat twice')
  })

export type AddToCartInput = z.infer<typeof addToCartInput>

/** What is left out stays. */
export const updateCartItemInput = z.object({
  quantity: quantitySchema.nullish(),
  unitPrice: moneySchema.nullish(),
})

export const cartCodeInput = codeSchema

/** The key of an attempt, and what the buyer has been shown. */
export const checkoutInput = z.object({ idempotencyKey: keySchema, expectedTotal: moneySchema })
