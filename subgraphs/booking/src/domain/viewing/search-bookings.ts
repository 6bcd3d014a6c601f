import { idSchema } from '@karcis/kit/ids'
import type { PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import { type BookingOrder, listBookings } from '../bookings/booking-search.ts'
import type { Deps } from '../deps.ts'
import type { BookingConnection } from './view-bookings.ts'

const filterSchema = z
  .object({
    status: z
      .enum(['PENDING', 'PAID', 'EXPIRED', 'CANCELLED', 'PARTIALLY_REFUNDED', 'REFUNDED'])
      .nullish()
      .default(null),
    eventId: idSchema.nullish().default(null),
    userId: idSchema.nullish().default(null),
    currency: z
      .string()
      .trim()
      .toUpperCase()
      .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code')
      .nullish()
      .default(null),
    from: z.date().nullish().default(null),
    to: z.date().nullish().default(null),
  })
  .refine(({ from, to }) => from === null || to === null || from < to, {
    path: ['to'],
    message: 'must be after from',
  })

/** Bookings of everybody, for admins. @throws Forbidden, BadUserInput */
export async function searchBookings(
  deps: Deps,
  viewer: Viewer,
  rawFilter: unknown,
  order: BookingOrder,
  args: PageArgs,
): Promise<BookingConnection> {
  requireRole({ viewer }, 'ADMIN')
  const filter = parseInput(filterSchema, rawFilter ?? {}, 'filter')
  const list = await listBookings(deps.db, filter, order, args)
  return { ...list, totalCount: () => deps.keptCounts(JSON.stringify(filter), list.totalCount) }
}
