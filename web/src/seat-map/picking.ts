import { computed, effect, type ReadonlySignal, signal, untracked } from '@preact/signals'
import type { ApiError } from '../api/api-error.ts'
import { tap, withoutTaken } from './engine/choice.ts'
import { findSeat, rowOfSeat, seatNumber, type SeatPlan } from './engine/geometry.ts'
import { areStacked, floorsOf } from './engine/floors.ts'
import { EVERYTHING, type Hall, type SeatFilter } from './engine/hall.ts'
import { followSeatMap, type LiveState, type MapSource } from './engine/live.ts'
import { orphansOf } from './engine/neighbours.ts'

/** Where seats are taken. */
export interface SeatDesk<H> {
  /** @throws ApiError. */
  hold(seats: readonly number[]): Promise<H>
  /** @throws ApiError. */
  holdBest(tierId: string, party: number, wheelchairs: number): Promise<H>
  /** Seats by the ids that an error names; those that the plan does not have are left out. */
  find(plan: SeatPlan, ids: readonly string[]): Promise<number[]>
  /** What this person has in holds already. */
  mine(plan: SeatPlan): Promise<number[]>
  /** Seats are chosen: their ids may be wanted soon. */
  prepare?(seats: readonly number[]): void
}

/** Seats that the server offers instead of what it could not give. */
export interface Offer {
  readonly kind: 'TOGETHER' | 'SPLIT' | 'OTHER_TYPE' | 'SEPARATE'
  readonly seatIds: readonly string[]
  readonly total: number
  readonly currency: string
}

/** What somebody is told of their choice just now, with what they can do about it. */
export type Note =
  | { readonly kind: 'taken' | 'aside' | 'mine'; readonly seat: number }
  | { readonly kind: 'apart' }
  | { readonly kind: 'gone' | 'orphan'; readonly seats: readonly number[] }
  | { readonly kind: 'limit'; readonly limit: number; readonly remaining: number }
  | {
      readonly kind: 'soldOut'
      readonly tier: number
      readonly remaining: number
      readonly offers: readonly Offer[]
    }
  | { readonly kind: 'error'; readonly error: ApiError }

/** Of what nobody needs before they have touched the map (later.ts), what is called here. */
interface Later {
  hold<H>(picking: Picking<H>, options: PickingOptions<H>, tier: number): Promise<void>
}

export interface PickingOptions<H, L extends Later = Later> {
  readonly source: MapSource
  /** Gets the code that is needed later. */
  load(): Promise<L>
  desk(later: L): SeatDesk<H>
  readonly party: ReadonlySignal<number>
  /** Asked before anything is held: whether somebody is there to hold it for. */
  beforeHold(): Promise<boolean>
  held(hold: H): void
  /** What the page around deals with itself; true when it does. */
  failed(error: ApiError): boolean
}

/** What places cost, in words. */
export interface Totals {
  /** Whether all that is added is in it. */
  readonly withFees: boolean
  /** @param prices of one place each, in the smallest unit of the currency. */
  text(prices: readonly number[], currency: string): string
}

/** Lists follow the live map this often: it changes too fast to be read. */
const LISTS_MS = 400

/** One person's choosing of seats: the hall as it is, what they have chosen, what they are told, and holding it. */
export class Picking<H, L extends Later = Later> {
  readonly hall = signal<Hall | null>(null)
  readonly state = signal<LiveState>('reading')
  readonly note = signal<Note | null>(null)
  /** Whether something is being held: `chosen`, or the id of the tier whose best seats are. */
  readonly busy = signal<string | null>(null)
  /** Rises with what the lists show: at once with a choice, else some times a second. */
  readonly version = signal(0)
  /** The map goes to these, wherever it stands. */
  readonly looked = signal<readonly number[]>([])
  readonly chosen: ReadonlySignal<readonly number[]>
  /** Null until it has come. */
  readonly later = signal<L | null>(null)
  /** Whether it was needed and did not come. */
  readonly isLate = signal(false)
  readonly desk: ReadonlySignal<SeatDesk<H> | null>
  readonly #options: PickingOptions<H, L>
  readonly #ends: (() => void)[] = []
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: PickingOptions<H, L>) {
    this.#options = options
    this.chosen = computed(() => {
      void this.version.value
      return [...(this.hall.value?.chosen ?? [])].toSorted((a, b) => a - b)
    })
    this.desk = computed(() => this.later.value && options.desk(this.later.value))
  }

  /** Loads what is needed later, unless it is there: as soon as the map is drawn, and, should that have failed, whenever it has been moved. */
  async load(): Promise<L | null> {
    return (this.later.value ??= await this.#options.load().catch(() => null)) // told only where it is needed
  }

  /** Loads it because it is needed now; where it does not come, people are told. */
  async need(): Promise<L | null> {
    const later = await this.load()
    this.isLate.value = !later
    return later
  }

  /** Begins to follow the map; until `close`. */
  open(): void {
    this.#ends.push(
      followSeatMap(this.#options.source, {
        hall: (hall) => this.#take(hall),
        state: (state) => {
          this.state.value = state
        },
      }),
      effect(() => this.#fitParty(this.#options.party.value)),
      effect(() => void (this.note.value && this.need())),
      effect(() => {
        const [hall, desk] = [this.hall.value, this.desk.value]
        if (!hall || !desk) return
        const asked = untracked(() => desk.mine(hall.plan))
        asked.then((mine) => hall.own(mine)).catch(() => {}) // whose holds are not known look like those of others
      }),
    )
  }

  close(): void {
    for (const end of this.#ends.splice(0)) end()
    clearTimeout(this.#timer)
  }

  tap(seat: number): void {
    const hall = this.hall.value
    if (!hall || this.busy.value !== null) return
    if (hall.mine.has(seat)) {
      this.note.value = { kind: 'mine', seat }
      return
    }
    const { chosen, why } = tap(hall, seat, this.#options.party.value)
    if (why === 'TAKEN' || why === 'ASIDE')
      this.note.value = { kind: why === 'TAKEN' ? 'taken' : 'aside', seat }
    else {
      this.choose(chosen)
      if (why === 'APART') this.note.value = { kind: 'apart' }
    }
  }

  /** Chooses seats instead of those before, as many as the party is. */
  choose(seats: readonly number[]): void {
    const hall = this.hall.value
    if (!hall) return
    hall.choose(seats.slice(0, this.#options.party.value))
    const alone = hall.chosen.size === 0 ? [] : orphansOf(hall.plan, hall.chosen, hall.isFree)
    this.note.value =
      alone.length > 0 && hall.chosen.size === this.#options.party.value
        ? { kind: 'orphan', seats: alone }
        : null
    if (hall.chosen.size > 0) void this.need().then(() => this.desk.value?.prepare?.([...hall.chosen]))
  }

  show(filter: SeatFilter, floor: string | null): void {
    this.hall.value?.show(filter, floor)
    this.version.value += 1
  }

  /** Holds what is chosen. */
  async hold(): Promise<void> {
    if (this.chosen.value.length > 0) await this.#hold('chosen', -1)
  }

  /** Holds the best seats of a tier, for the whole party. */
  async holdBest(tier: number): Promise<void> {
    const found = this.hall.value?.tiers[tier]
    if (found) await this.#hold(found.id, tier)
  }

  /** @param tier whose best seats are wanted; -1: what is chosen is. */
  async #hold(what: string, tier: number): Promise<void> {
    if (this.busy.value !== null) return
    this.busy.value = what
    this.note.value = null
    try {
      const later = await this.need()
      await later?.hold(this, this.#options, tier)
    } finally {
      this.busy.value = null
      this.#dropTaken()
    }
  }

  #take(hall: Hall): void {
    const before = this.hall.value
    if (before) {
      hall.show(before.filter, before.floor)
      hall.choose(moved(before, hall).filter(hall.isFree))
      this.note.value = null // its seats are those of the hall before
    } else {
      const floors = floorsOf(hall.plan)
      hall.show(EVERYTHING, areStacked(floors) ? (floors[0]?.id ?? null) : null)
    }
    this.hall.value = hall
    this.version.value += 1
    const end = hall.onChange((seats) => {
      if (seats?.some((seat) => hall.chosen.has(seat) || hall.mine.has(seat)) ?? true) this.#changed()
      else this.#timer ??= setTimeout(() => this.#changed(), LISTS_MS)
      if (seats === null || seats.some((seat) => hall.chosen.has(seat))) this.#dropTaken()
    })
    this.#ends.push(end)
  }

  #changed(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.version.value += 1
  }

  /** Lets go of what somebody else has got meanwhile, and says so; not while it is being held, for then it is this person's. */
  #dropTaken(): void {
    const hall = this.hall.value
    if (!hall || this.busy.value !== null) return
    const { kept, gone } = withoutTaken(hall)
    if (gone.length === 0) return
    hall.choose(kept)
    const told = this.note.value?.kind === 'gone' ? this.note.value.seats : []
    const seats = [...new Set([...told, ...gone])]
    this.note.value = { kind: 'gone', seats }
  }

  #fitParty(party: number): void {
    const chosen = [...(this.hall.peek()?.chosen ?? [])]
    if (chosen.length > party) this.choose(chosen)
  }
}

/** What is chosen in one hall, in another one of the same event. */
function moved(before: Hall, after: Hall): number[] {
  return [...before.chosen].flatMap((seat) => {
    const row = rowOfSeat(before.plan, seat)
    const section = before.plan.sections[row.section]?.name ?? ''
    const found = findSeat(after.plan, section, row.label, seatNumber(before.plan, seat))
    return found === -1 ? [] : [found]
  })
}
