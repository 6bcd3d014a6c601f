import { computed, effect, type ReadonlySignal, signal } from '@preact/signals'
import { type ApiError, asApiError } from '../api/api-error.ts'
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
  | {
      readonly kind: 'gone' | 'orphan'
      readonly seats: readonly number[]
      readonly instead: readonly number[] | null
    }
  | {
      readonly kind: 'limit'
      readonly limit: number
      readonly remaining: number
    }
  | {
      readonly kind: 'soldOut'
      readonly tier: number
      readonly remaining: number
      readonly offers: readonly Offer[]
    }
  | { readonly kind: 'error'; readonly error: ApiError }

interface PickingOptions<H> {
  readonly source: MapSource
  /** Its code comes when it is needed first. */
  desk(): Promise<SeatDesk<H>>
  /** Whether this person may have something in holds. */
  mayHold(): boolean
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

/** What tells of refusals and finds other seats. It comes with the first seat that is chosen. */
type Advice = typeof import('./advice.ts')

/** Lists follow the live map this often: it changes too fast to be read. */
const LISTS_MS = 400

/** One person's choosing of seats: the hall as it is, what they have chosen, what they are told, and holding it. */
export class Picking<H> {
  readonly hall = signal<Hall | null>(null)
  readonly state = signal<LiveState>('reading')
  readonly note = signal<Note | null>(null)
  readonly advice = signal<Advice | null>(null)
  /** Whether something is being held: `chosen`, or the id of the tier whose best seats are. */
  readonly busy = signal<string | null>(null)
  /** Rises with what the lists show: at once with a choice, else some times a second. */
  readonly version = signal(0)
  readonly chosen: ReadonlySignal<readonly number[]>
  readonly #options: PickingOptions<H>
  readonly #ends: (() => void)[] = []
  readonly #lookers = new Set<(seats: readonly number[]) => void>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: PickingOptions<H>) {
    this.#options = options
    this.chosen = computed(() => {
      void this.version.value
      return [...(this.hall.value?.chosen ?? [])].toSorted((a, b) => a - b)
    })
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
    )
  }

  close(): void {
    for (const end of this.#ends.splice(0)) end()
    clearTimeout(this.#timer)
  }

  /** Has the map show seats, wherever it stands. */
  lookAt(seats: readonly number[]): void {
    for (const look of this.#lookers) look(seats)
  }

  onLookAt(look: (seats: readonly number[]) => void): () => void {
    this.#lookers.add(look)
    return () => this.#lookers.delete(look)
  }

  tap(seat: number): void {
    const hall = this.hall.value
    if (!hall || this.busy.value !== null) return
    if (hall.mine.has(seat)) {
      this.#tell({ kind: 'mine', seat })
      return
    }
    const { chosen, why } = tap(hall, seat, this.#options.party.value)
    if (why === 'TAKEN' || why === 'ASIDE') this.#tell({ kind: why === 'TAKEN' ? 'taken' : 'aside', seat })
    else {
      this.choose(chosen)
      if (why === 'APART') this.#tell({ kind: 'apart' })
    }
  }

  /** Chooses seats instead of those before, as many as the party is. */
  choose(seats: readonly number[]): void {
    const hall = this.hall.value
    if (!hall) return
    hall.choose(seats.slice(0, this.#options.party.value))
    const alone = hall.chosen.size === 0 ? [] : orphansOf(hall.plan, hall.chosen, hall.isFree)
    if (alone.length > 0 && hall.chosen.size === this.#options.party.value)
      this.#tellInstead({ kind: 'orphan', seats: alone, instead: null }, [...hall.chosen])
    else this.#tell(null)
    if (hall.chosen.size > 0)
      void this.#options.desk().then(
        (desk) => desk.prepare?.([...hall.chosen]),
        () => {}, // said when they are to be held
      )
  }

  show(filter: SeatFilter, floor: string | null): void {
    this.hall.value?.show(filter, floor)
    this.version.value += 1
  }

  /** Holds what is chosen. */
  async hold(): Promise<void> {
    const chosen = this.chosen.value
    if (chosen.length > 0) await this.#hold('chosen', (desk) => desk.hold(chosen))
  }

  /** Holds the best seats of a tier, for the whole party. */
  async holdBest(tier: number): Promise<void> {
    const hall = this.hall.value
    const found = hall?.tiers[tier]
    if (!hall || !found) return
    const wheelchairs = hall.filter.accessible ? 1 : 0
    const party = this.#options.party.value
    await this.#hold(found.id, (desk) => desk.holdBest(found.id, party, wheelchairs), tier)
  }

  /** Chooses seats that the server has offered. */
  async takeOffer(offer: Offer): Promise<void> {
    const hall = this.hall.value
    if (hall) this.choose(await (await this.#options.desk()).find(hall.plan, offer.seatIds))
  }

  async #hold(what: string, take: (desk: SeatDesk<H>) => Promise<H>, tier = -1): Promise<void> {
    if (this.busy.value !== null) return
    this.busy.value = what
    this.#tell(null)
    const desk = this.#options.desk()
    desk.catch(() => {}) // told once it is needed
    try {
      if (!(await this.#options.beforeHold())) return
      const hold = await take(await desk)
      const hall = this.hall.value
      if (hall && what === 'chosen') {
        hall.own([...hall.mine, ...hall.chosen])
        hall.choose([])
      }
      this.#options.held(hold)
    } catch (error) {
      await this.#explain(asApiError(error), tier)
    } finally {
      this.busy.value = null
      this.#dropTaken()
    }
  }

  async #explain(error: ApiError, tier: number): Promise<void> {
    const { extensions: facts } = error
    const hall = this.hall.value
    const ids = Array.isArray(facts.seatIds) ? (facts.seatIds as string[]) : []
    const number = (value: unknown) => (typeof value === 'number' ? value : 0)
    if (hall && error.code === 'SEATS_UNAVAILABLE') {
      const gone = await this.#named(hall, ids)
      hall.choose([...hall.chosen].filter((seat) => !gone.includes(seat)))
      this.#tellInstead({ kind: 'gone', seats: gone, instead: null }, gone, gone)
    } else if (hall && error.code === 'ORPHAN_SEAT') {
      const seats = await this.#named(hall, ids)
      this.#tellInstead({ kind: 'orphan', seats, instead: null }, [...hall.chosen])
    } else if (error.code === 'LIMIT_EXCEEDED') {
      this.#tell({
        kind: 'limit',
        limit: number(facts.limit),
        remaining: number(facts.remaining),
      })
    } else if (error.code === 'SOLD_OUT' && tier !== -1) {
      const offers = Array.isArray(facts.alternatives) ? (facts.alternatives as Offer[]) : []
      this.#tell({
        kind: 'soldOut',
        tier,
        remaining: number(facts.remaining),
        offers,
      })
    } else if (!this.#options.failed(error)) this.#tell({ kind: 'error', error })
  }

  /** Seats by their ids; none when that cannot be asked just now, for then the rest is still worth telling. */
  async #named(hall: Hall, ids: readonly string[]): Promise<number[]> {
    try {
      return await (await this.#options.desk()).find(hall.plan, ids)
    } catch {
      return []
    }
  }

  #tell(note: Note | null): void {
    this.note.value = note
    void this.#advise().catch(() => {}) // an error is told without it (seat-picker.tsx)
  }

  /** Tells it with as many seats near others that can be had, and are none of `except`. */
  #tellInstead(
    note: Extract<Note, { instead: unknown }>,
    near: readonly number[],
    except: readonly number[] = [],
  ): void {
    const [hall, advice] = [this.hall.value, this.advice.value]
    if (hall && advice) {
      const instead = advice.seatsInstead(hall, near, except, this.#options.party.value)
      this.note.value = { ...note, instead }
      return
    }
    this.note.value = note
    void this.#advise().then(
      () => this.note.value === note && this.#tellInstead(note, near, except),
      () => {},
    )
  }

  async #advise(): Promise<void> {
    this.advice.value ??= await import('./advice.ts')
  }

  #take(hall: Hall): void {
    const before = this.hall.value
    if (before) {
      hall.show(before.filter, before.floor)
      hall.choose(moved(before, hall).filter(hall.isFree))
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
    if (before || this.#options.mayHold())
      void this.#options
        .desk()
        .then(async (desk) => hall.own(await desk.mine(hall.plan)))
        .catch(() => {}) // whose holds are not known look like those of others
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
    this.#tellInstead({ kind: 'gone', seats, instead: null }, seats, seats)
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
