import { ACCESSIBLE, COMPANION, hasFlag, type SeatPlan, sectionOfSeat } from './geometry.ts'
import { AVAILABLE, BLOCKED, HELD, SOLD } from './statuses.ts'

/** What seats are sold as: a ticket type of the event. */
export interface Tier {
  readonly id: string
  readonly name: string
  readonly description: string | null
  /** In the smallest unit of `currency`, without what fees add. */
  readonly price: number
  readonly currency: string
  readonly onSale: boolean
}

/** Which seats somebody wants to see. */
export interface SeatFilter {
  readonly accessible: boolean
  /** Index of a tier; null for all. */
  readonly tier: number | null
  /** The most that a seat may cost, without fees; null for no limit. */
  readonly maxPrice: number | null
}

export const EVERYTHING: SeatFilter = { accessible: false, tier: null, maxPrice: null }

/** How a seat is drawn and told of. */
export const LOOKS = ['free', 'aside', 'chosen', 'mine', 'held', 'sold', 'blocked', 'hidden'] as const
export type Look = (typeof LOOKS)[number]

type ChangeListener = (seats: readonly number[] | null) => void

/**
 * All that is known of an event's seats just now: where they are, what they are sold as, who has them, what this person has chosen. The
 * canvas and the lists are both made of it. It knows nothing of either, nor of where changes come from.
 */
export class Hall {
  readonly plan: SeatPlan
  /** Dearest first. */
  readonly tiers: readonly Tier[]
  /** Free seats of each section, by its index, whether or not they fit the filter. */
  readonly freeOfSection: Uint32Array
  readonly #statuses: Uint8Array
  readonly #tierOfSection: Int16Array
  readonly #listeners = new Set<ChangeListener>()
  #chosen: ReadonlySet<number> = new Set()
  #mine: ReadonlySet<number> = new Set()
  #filter: SeatFilter = EVERYTHING
  #floor: string | null = null

  /** @param statuses a byte a seat; the hall keeps it. @param tierOf what a section is sold as, by name; undefined for none. */
  constructor(plan: SeatPlan, statuses: Uint8Array, tierOf: (section: string) => Tier | undefined) {
    this.plan = plan
    this.#statuses = statuses
    const sold = plan.sections.map(({ name }) => tierOf(name))
    const byId = new Map(sold.flatMap((tier) => (tier ? [[tier.id, tier] as const] : [])))
    this.tiers = [...byId.values()].toSorted((a, b) => b.price - a.price || a.name.localeCompare(b.name))
    const at = new Map(this.tiers.map((tier, index) => [tier.id, index]))
    this.#tierOfSection = Int16Array.from(sold, (tier) => (tier ? (at.get(tier.id) ?? -1) : -1))
    this.freeOfSection = new Uint32Array(plan.sections.length)
    this.#count()
  }

  get chosen(): ReadonlySet<number> {
    return this.#chosen
  }

  get mine(): ReadonlySet<number> {
    return this.#mine
  }

  get filter(): SeatFilter {
    return this.#filter
  }

  get floor(): string | null {
    return this.#floor
  }

  statusOf(seat: number): number {
    return this.#statuses[seat] ?? BLOCKED
  }

  /** Index of the tier that a section is sold as; -1 when it is not sold. */
  tierOfSection(section: number): number {
    return this.#tierOfSection[section] ?? -1
  }

  tierAt(seat: number): number {
    return this.tierOfSection(sectionOfSeat(this.plan, seat))
  }

  /** Free seats of a tier. */
  freeOfTier(tier: number): number {
    return this.freeOfSection.reduce(
      (sum, free, section) => (this.tierOfSection(section) === tier ? sum + free : sum),
      0,
    )
  }

  /** Whether anybody could hold it now, whatever the filter: what decides whether a seat is left alone. */
  readonly isFree = (seat: number): boolean =>
    this.#statuses[seat] === AVAILABLE && this.tiers[this.tierAt(seat)]?.onSale === true

  /** Whether it is free and is what this person wants to see. */
  readonly fits = (seat: number): boolean => this.isFree(seat) && this.#fitsFilter(seat, this.tierAt(seat))

  lookOf(seat: number, section = sectionOfSeat(this.plan, seat)): Look {
    const tier = this.tierOfSection(section)
    if (this.#floor !== null) {
      const floor = this.plan.sections[section]?.floor
      if (floor !== null && floor !== this.#floor) return 'hidden'
    }
    if (this.#chosen.has(seat)) return 'chosen'
    const status = this.statusOf(seat)
    if (status === HELD) return this.#mine.has(seat) ? 'mine' : 'held'
    if (status === SOLD) return this.#mine.has(seat) ? 'mine' : 'sold'
    if (status === BLOCKED || tier === -1 || !this.tiers[tier]?.onSale) return 'blocked'
    return this.#fitsFilter(seat, tier) ? 'free' : 'aside'
  }

  /**
   * Seats as they are now.
   * @throws RangeError for a seat that there is none of, with nothing changed: then this is another map than the plan's.
   */
  change(changes: readonly (readonly [seat: number, status: number])[]): void {
    const unknown = changes.find(([seat]) => seat >= this.plan.seatCount)
    if (unknown) throw new RangeError(`there is no seat ${unknown[0]}`)
    const changed: number[] = []
    for (const [seat, status] of changes) {
      const before = this.statusOf(seat)
      if (before === status) continue
      this.#statuses[seat] = status
      const section = sectionOfSeat(this.plan, seat)
      if (before === AVAILABLE) this.freeOfSection[section]! -= 1
      if (status === AVAILABLE) this.freeOfSection[section]! += 1
      changed.push(seat)
    }
    if (changed.length > 0) this.#tell(changed)
  }

  /** All seats as they are now. */
  replace(statuses: Uint8Array): void {
    this.#statuses.set(statuses)
    this.#count()
    this.#tell(null)
  }

  choose(seats: Iterable<number>): void {
    const before = this.#chosen
    this.#chosen = new Set(seats)
    this.#tell([...before.symmetricDifference(this.#chosen)])
  }

  /** Says which seats this person has in a hold already: others' holds look otherwise. */
  own(seats: Iterable<number>): void {
    const before = this.#mine
    this.#mine = new Set(seats)
    this.#tell([...before.symmetricDifference(this.#mine)])
  }

  show(filter: SeatFilter, floor: string | null): void {
    this.#filter = filter
    this.#floor = floor
    this.#tell(null)
  }

  /** Tells of each change: the seats that look otherwise, null for any. @returns what ends it. */
  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #fitsFilter(seat: number, own: number): boolean {
    const { accessible, tier, maxPrice } = this.#filter
    if (tier !== null && own !== tier) return false
    if (maxPrice !== null && (this.tiers[own]?.price ?? Infinity) > maxPrice) return false
    return !accessible || hasFlag(this.plan, seat, ACCESSIBLE | COMPANION)
  }

  #count(): void {
    for (const [section, { first, count }] of this.plan.sections.entries()) {
      let free = 0
      for (let seat = first; seat < first + count; seat++) if (this.#statuses[seat] === AVAILABLE) free += 1
      this.freeOfSection[section] = free
    }
  }

  #tell(seats: readonly number[] | null): void {
    if (seats?.length === 0) return
    for (const listener of this.#listeners) listener(seats)
  }
}
