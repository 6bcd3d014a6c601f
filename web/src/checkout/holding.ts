import { ApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { type HoldFields, HoldPlaces, type HoldPlacesVariables } from '../generated/checkout/hold.ts'
import { readChoice } from './draft.ts'

export type { HoldFields }

/** Holds what is named, all or nothing. @throws ApiError SOLD_OUT, SEATS_UNAVAILABLE, LIMIT_EXCEEDED and the like. */
export async function holdPlaces(input: HoldPlacesVariables['input']): Promise<HoldFields> {
  const { holdItems } = await ask(HoldPlaces, { input })
  if (!holdItems) throw new ApiError('INTERNAL_SERVER_ERROR', 'a hold gave nothing')
  return holdItems
}

/**
 * Holds once more what a hold had kept: the very same; or, where its seats are taken meanwhile, the best seats that are left of the same
 * types, so at the same prices.
 * @throws ApiError SOLD_OUT and the like, when there is not as much any more.
 */
export async function holdAgain(hold: HoldFields): Promise<{ hold: HoldFields; same: boolean }> {
  const { eventId } = hold
  const { accessCode } = readChoice(eventId)
  const opened = { eventId, ...(accessCode && { accessCode }) }
  const seatIds = hold.items.flatMap(({ seat }) => seat?.id ?? [])
  const items = (seated: boolean) => {
    const wanted = new Map<string, number>()
    for (const { ticketType, seat, quantity } of hold.items)
      if (ticketType && (seated || !seat))
        wanted.set(ticketType.id, (wanted.get(ticketType.id) ?? 0) + quantity)
    return Array.from(wanted, ([ticketTypeId, quantity]) => ({ ticketTypeId, quantity }))
  }
  // A list of no seats would be refused.
  const seats = seatIds.length > 0 ? { seatIds } : {}
  try {
    return { hold: await holdPlaces({ ...opened, ...seats, items: items(false) }), same: true }
  } catch (error) {
    const taken =
      error instanceof ApiError && (error.code === 'SEATS_UNAVAILABLE' || error.code === 'ORPHAN_SEAT')
    if (!taken) throw error
    return { hold: await holdPlaces({ ...opened, items: items(true) }), same: false }
  }
}

/** How many places a hold keeps. */
export const placesHeld = ({ items }: Pick<HoldFields, 'items'>): number =>
  items.reduce((sum, { quantity }) => sum + quantity, 0)

/** A seat in words, as on its sign. */
export const seatLabel = ({
  section,
  row,
  number,
}: {
  section: string
  row: string
  number: number
}): string => `${section} ${row}-${number}`
