/** What a choice has to know of a ticket type. */
export interface Choosable {
  id: string
  name: string
  kind: 'FREE' | 'PAID' | 'DONATION'
  price: number
  available: number
  saleStatus: 'CLOSED' | 'PAUSED' | 'UPCOMING' | 'ON_SALE' | 'SOLD_OUT' | 'ENDED'
  seated: boolean
  maxPerUser: number | null
}

/** How many of which general-admission type, by its id. None of a type that is not named. */
export type Selection = Readonly<Record<string, number>>

/** Every hold keeps so many places at most, whatever the event allows. */
export const MOST_PLACES = 10

/** A type of which less is left than was chosen. */
export interface Shortfall {
  id: string
  name: string
  wanted: number
  left: number
}

/** How many places are chosen. */
export const placesOf = (selection: Selection): number =>
  Object.values(selection).reduce((sum, quantity) => sum + quantity, 0)

/**
 * The most of one type that can be chosen beside all that is chosen already.
 * @param seats how many seats are chosen beside general admission. @param mostOpen `Event.maxOpenPlaces`.
 */
export function mostOf(
  type: Choosable,
  selection: Selection,
  { seats = 0, mostOpen = null }: { seats?: number; mostOpen?: number | null } = {},
): number {
  if (type.saleStatus !== 'ON_SALE' || type.seated) return 0
  const others = placesOf(selection) - (selection[type.id] ?? 0) + seats
  const most = Math.min(MOST_PLACES, mostOpen ?? MOST_PLACES) - others
  return Math.max(0, Math.min(most, type.available, type.maxPerUser ?? MOST_PLACES))
}

/** The choice with so many of one type. */
export function choose(selection: Selection, id: string, quantity: number): Selection {
  const { [id]: _, ...others } = selection
  return quantity > 0 ? { ...others, [id]: quantity } : others
}

/**
 * What of a choice cannot be had any more, as stock changes under the buyer's fingers. The choice itself stays as it is until
 * they have seen it: who wanted four should read that three are left, not find a three.
 */
export const shortfalls = (selection: Selection, types: readonly Choosable[]): Shortfall[] =>
  types.flatMap(({ id, name, available, saleStatus }) => {
    const wanted = selection[id] ?? 0
    // While a sale is paused nothing is gone.
    const left = saleStatus === 'ON_SALE' ? available : saleStatus === 'SOLD_OUT' ? 0 : wanted
    return wanted > left ? [{ id, name, wanted, left }] : []
  })

/** The choice cut down to what is left of it. */
export const fit = (selection: Selection, types: readonly Choosable[]): Selection =>
  shortfalls(selection, types).reduce((kept, { id, left }) => choose(kept, id, left), selection)

/** As `HoldItemsInput.items`. */
export const itemsOf = (selection: Selection): { ticketTypeId: string; quantity: number }[] =>
  Object.entries(selection).map(([ticketTypeId, quantity]) => ({ ticketTypeId, quantity }))
