import { computed, type ReadonlySignal, signal } from '@preact/signals'
import { ApiError } from '../api/api-error.ts'
import {
  CheckIn,
  DoorBundle,
  DoorCounts,
  type CheckInResult,
  type DoorCountsResult,
} from '../generated/door/door.ts'
import { type DoorAsk, isPassing } from './ask-at-door.ts'
import { Bundle } from './bundle.ts'
import { type Direction, judge, type OwnUse, type Verdict, windowOf } from './judge.ts'
import type { Scanner } from './scanner.ts'
import { type Scan, sendWaiting, type Store } from './sync.ts'
import { looksLikeTicket, verifyTicketCode } from './ticket-code.ts'

/** How long somebody who stands at the door waits for the server before this device decides by itself. */
const ANSWER_MS = 800

/** After which a question is given up altogether. */
const GIVE_UP_MS = 10_000

/** How often the list of tickets is kept on the device, at most: what is newer is asked for again after a restart. */
const KEEP_EVERY_MS = 15_000

/** Scans that are shown. */
const SHOWN = 200

export type Link = 'live' | 'away' | 'refused'

export type Counts = NonNullable<DoorCountsResult['checkInStats']>

/** An entry that another door has made, as this one was told. */
export interface HeardEntry {
  ticketId: string
  at: string
  gate: string | null
  typeName: string
}

/** A check-in as `checkInRecorded` tells it. */
export interface ToldCheckIn {
  deviceId: string
  gate: string | null
  direction: Direction
  scannedAt: string
  outcome: 'ACCEPTED' | 'DUPLICATE' | 'REFUSED' | 'UNDONE'
  reason: string | null
  ticket: { id: string; ticketType: { name: string } | null } | null
}

/**
 * The door of an event, on this device. The server decides where it answers soon enough; else this device does, by its list of tickets
 * and by what it has done itself. Whoever it lets in is kept before that is shown, and sent until the server has said what it takes it for.
 */
export class Door {
  readonly scanner: Scanner
  readonly #store: Store
  readonly #ask: DoorAsk
  #bundle: Bundle | null = null
  /** What this device did with tickets that its list does not tell yet; `sentAt`: since when the server knows. */
  readonly #own = new Map<string, OwnUse & { sentAt: number | null }>()
  readonly #heard = new Map<string, HeardEntry>()
  #turn: Promise<unknown> = Promise.resolve()
  #keptAt = 0
  #refreshing: Promise<void> | null = null
  #sending: Promise<void> | null = null

  readonly #link = signal<Link>('away')
  readonly #counts = signal<Counts | null>(null)
  readonly #scans = signal<readonly Scan[]>([])
  readonly #waiting = signal(0)
  readonly #known = signal<{ tickets: number; freshAt: number; reentry: boolean } | null>(null)
  readonly #last = signal<HeardEntry | null>(null)

  /** Whether the server answers; `refused`: it does not take this scanner (any more). */
  readonly link: ReadonlySignal<Link> = computed(() => this.#link.value)
  readonly counts: ReadonlySignal<Counts | null> = computed(() => this.#counts.value)
  /** The latest scans of this device, the newest first. */
  readonly scans: ReadonlySignal<readonly Scan[]> = computed(() => this.#scans.value)
  /** How many scans have yet to be sent. */
  readonly waiting: ReadonlySignal<number> = computed(() => this.#waiting.value)
  /** The list of tickets; null: this device cannot decide by itself yet. */
  readonly known = computed(() => this.#known.value)
  /** The latest entry at another door. */
  readonly lastElsewhere = computed(() => this.#last.value)

  private constructor(scanner: Scanner, store: Store, ask: DoorAsk) {
    this.scanner = scanner
    this.#store = store
    this.#ask = ask
  }

  /** Opens it with what the device has kept. It asks nothing of the network. */
  static async open(scanner: Scanner, store: Store, ask: DoorAsk): Promise<Door> {
    const door = new Door(scanner, store, ask)
    const kept = await store.bundle(scanner.eventId)
    if (kept) door.#useBundle(Bundle.restore(kept))
    const since = new Date(kept?.freshAt ?? 0).toISOString()
    for (const scan of await store.since(since, scanner.deviceId))
      if (scan.verdict?.kind === 'ADMITTED')
        door.#own.set(scan.ticketId, { ...useOf(scan), sentAt: scan.state === 'WAITING' ? null : Date.now() })
    door.#scans.value = await store.recent(SHOWN)
    await door.#count()
    return door
  }

  /** The server's clock, as far as this device knows it, in milliseconds. */
  now(): number {
    return Date.now() + (this.#bundle?.clockAhead ?? 0)
  }

  /** Judges a code, one after the other. What it says is kept before it is told. */
  scan(code: string, direction: Direction = 'ENTRY'): Promise<Verdict> {
    const verdict = this.#turn.then(() => this.#scan(code, direction))
    this.#turn = verdict.catch(() => undefined)
    return verdict
  }

  async #scan(code: string, direction: Direction): Promise<Verdict> {
    const { eventId, deviceId, gate } = this.scanner
    const at = this.now()
    const claims = this.#bundle && (await verifyTicketCode(code, this.#bundle.rules.keys))
    const ticketId = claims?.ticketId ?? ''
    const local = await this.#judge(code, claims, { direction, gate, at })
    const scan = await this.#store.add({
      eventId,
      deviceId,
      gate,
      code,
      ticketId,
      direction,
      scannedAt: new Date(at).toISOString(),
      state: 'ASKING',
      verdict: null,
      outcome: null,
      elsewhere: null,
    })
    const isWorthAsking = looksLikeTicket(code) && (this.#link.value !== 'away' || !this.#bundle)
    const verdict = (isWorthAsking ? await this.#askServer(scan) : null) ?? local
    await this.#keep(scan, verdict)
    return verdict
  }

  async #judge(
    code: string,
    claims: Awaited<ReturnType<typeof verifyTicketCode>>,
    facts: { direction: Direction; gate: string | null; at: number },
  ): Promise<Verdict> {
    const { direction } = facts
    if (!looksLikeTicket(code)) return { kind: 'FORGED', direction, isLocal: true }
    if (!this.#bundle) return { kind: 'NOT_READY', direction, isLocal: true }
    const own = this.#own.get(claims?.ticketId ?? '') ?? null
    const verdict = judge(this.#bundle, claims, facts, own)
    return verdict.kind === 'USED' && !own
      ? { ...verdict, ...(await this.#whenUsed(claims?.ticketId ?? '')) }
      : verdict
  }

  /** When and where somebody came in with a ticket, as far as this device did it, or was told. */
  async #whenUsed(ticketId: string): Promise<Partial<Verdict>> {
    const own = (await this.#store.ofTicket(ticketId)).find(
      ({ verdict, direction }) => verdict?.kind === 'ADMITTED' && direction === 'ENTRY',
    )
    if (own) return { usedAt: own.scannedAt, usedGate: own.gate, usedHere: true }
    const heard = this.#heard.get(ticketId)
    return heard ? { usedAt: heard.at, usedGate: heard.gate, usedHere: false } : {}
  }

  /** @returns null when there is no answer in time; it may still come, and counts then. */
  async #askServer(scan: Scan): Promise<Verdict | null> {
    const { code, eventId, deviceId, gate, direction, scannedAt } = scan
    const input = { code, eventId, deviceId, gate, direction, scannedAt }
    const answer = this.#ask(CheckIn, { input }, AbortSignal.timeout(GIVE_UP_MS)).then(
      ({ checkIn }) => admitted(checkIn, direction),
      (error: unknown) => this.#refused(error, scan),
    )
    const inTime = await within(answer, ANSWER_MS)
    if (inTime === undefined) {
      this.#link.value = 'away'
      void answer.then((late) => this.#settleLate(scan, late))
    }
    return inTime ?? null
  }

  /** What an error at the door means; null: nobody has answered. */
  async #refused(error: unknown, scan: Scan): Promise<Verdict | null> {
    const { direction, ticketId } = scan
    if (!(error instanceof ApiError) || isPassing(error)) {
      this.#link.value = 'away'
      return null
    }
    const { extensions } = error
    const about = { direction, isLocal: false, ticketId: textOf(extensions.ticketId) ?? ticketId }
    const type = this.#bundle?.find(about.ticketId)?.type
    const typed = { ...about, ...(type && { typeName: type.name }) }
    if (error.code === 'ALREADY_CHECKED_IN') return await this.#alreadyIn(typed, extensions, scan)
    if (error.code === 'TICKET_INVALID') {
      const kind = (textOf(extensions.reason) ?? 'UNKNOWN') as Verdict['kind']
      const gates = Array.isArray(extensions.gates) ? { gates: extensions.gates as string[] } : {}
      return { ...typed, kind, ...gates, ...(kind === 'WRONG_DAY' && type && windowOf(type, this.now())) }
    }
    if (error.code === 'CONFLICT') return { ...typed, kind: 'SCAN_AGAIN' }
    if (error.code === 'BAD_USER_INPUT') return { ...typed, kind: 'FORGED' }
    this.#link.value = 'refused'
    return { ...typed, kind: 'NOT_ALLOWED' }
  }

  /** Somebody is in with it: or it was this very device, which was told so by nobody. */
  async #alreadyIn(
    about: Omit<Verdict, 'kind'>,
    extensions: Record<string, unknown>,
    scan: Scan,
  ): Promise<Verdict> {
    const usedAt = textOf(extensions.checkedInAt)
    const usedHere = extensions.deviceId === this.scanner.deviceId
    const ofTicket = usedHere ? await this.#store.ofTicket(about.ticketId ?? '') : []
    const untold = ofTicket.find(
      (own) => own.seq !== scan.seq && own.scannedAt === usedAt && own.verdict?.kind !== 'ADMITTED',
    )
    if (untold) {
      const verdict: Verdict = { ...about, kind: 'ADMITTED' }
      await this.#store.change(untold.seq, () => ({ state: 'SETTLED', verdict })) // told now, and not once more
      return verdict
    }
    const used = { ...(usedAt && { usedAt }), usedGate: textOf(extensions.gate) ?? null, usedHere }
    return { ...about, kind: 'USED', ...used }
  }

  async #settleLate(scan: Scan, late: Verdict | null): Promise<void> {
    // A late refusal is not the last word: what was let in meanwhile is sent, and the server says what it takes it for.
    if (late?.kind !== 'ADMITTED') return
    this.#link.value = 'live'
    const outcome = { outcome: 'ACCEPTED', reason: null } as const
    const changed = await this.#store.change(scan.seq, ({ state }) =>
      state === 'WAITING' ? { state: 'SETTLED', outcome } : null,
    )
    if (changed) await this.#settled(changed)
  }

  async #keep(scan: Scan, verdict: Verdict): Promise<void> {
    const isIn = verdict.kind === 'ADMITTED'
    const state = isIn && verdict.isLocal ? 'WAITING' : 'SETTLED'
    const ticketId = verdict.ticketId ?? scan.ticketId
    const kept = { ...scan, ticketId, state, verdict } as const
    await this.#store.change(scan.seq, () => ({ ticketId, state, verdict }))
    if (isIn) this.#own.set(ticketId, { ...useOf(kept), sentAt: verdict.isLocal ? null : Date.now() })
    this.#scans.value = [kept, ...this.#scans.value].slice(0, SHOWN)
    await this.#count()
  }

  async #count(): Promise<void> {
    this.#waiting.value = await this.#store.countWaiting(this.scanner.deviceId)
  }

  async #settled(scan: Scan): Promise<void> {
    const own = this.#own.get(scan.ticketId)
    if (own && own.sentAt === null) own.sentAt = Date.now()
    this.#scans.value = this.#scans.value.map((shown) => (shown.seq === scan.seq ? scan : shown))
    await this.#count()
  }

  /** Sends what waits. It resolves also when nothing can be sent just now. */
  sync(): Promise<void> {
    this.#sending ??= sendWaiting(
      this.#store,
      this.#ask,
      this.scanner.deviceId,
      (scan) => void this.#settled(scan),
    )
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#sending = null
      })
    return this.#sending
  }

  /** Takes in what has changed, and then sends what waits. It resolves also when nobody answers just now. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh()
      .then(() => this.sync())
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#refreshing = null
      })
    return this.#refreshing
  }

  #failed(error: unknown): void {
    const isOurs =
      error instanceof ApiError || (error instanceof DOMException && error.name === 'TimeoutError')
    if (!isOurs) throw error
    this.#link.value = isPassing(error) ? 'away' : 'refused'
  }

  async #refresh(): Promise<void> {
    const { eventId } = this.scanner
    // A whole list is made beside the one that is in use, and takes its place once it is complete.
    let target = this.#bundle
    let told = 0
    for (let more = true; more; ) {
      const asked = Date.now()
      const since = target?.cursor ?? null
      const { doorBundle: answer } = await this.#ask(
        DoorBundle,
        { eventId, since },
        AbortSignal.timeout(GIVE_UP_MS),
      )
      if (!answer) throw new ApiError('UNREACHABLE', 'no list of tickets')
      if (!target || (answer.whole && target === this.#bundle)) target = new Bundle({ ...answer, types: [] })
      told += target.apply(answer, Date.parse(answer.now) - (asked + Date.now()) / 2)
      more = answer.more
      if (!more) this.#forgetOwn(asked)
    }
    if (!target) return
    const isNew = target !== this.#bundle
    this.#useBundle(target)
    this.#link.value = 'live'
    if (isNew || (told > 0 && Date.now() - this.#keptAt > KEEP_EVERY_MS)) await this.keepBundle()
  }

  /** What the server knew of when it was asked is in its list. */
  #forgetOwn(asked: number): void {
    for (const [ticketId, { sentAt }] of this.#own)
      if (sentAt !== null && sentAt < asked) this.#own.delete(ticketId)
  }

  #useBundle(bundle: Bundle): void {
    this.#bundle = bundle
    this.#known.value = { tickets: bundle.size, freshAt: bundle.freshAt, reentry: bundle.rules.reentry }
  }

  /** Keeps the list on the device. */
  async keepBundle(): Promise<void> {
    this.#keptAt = Date.now()
    if (this.#bundle) await this.#store.saveBundle(this.scanner.eventId, this.#bundle.snapshot())
  }

  /** How many have come in, as the server counts. It resolves also when nobody answers just now. */
  async recount(): Promise<void> {
    const { eventId } = this.scanner
    try {
      const { checkInStats } = await this.#ask(DoorCounts, { eventId }, AbortSignal.timeout(GIVE_UP_MS))
      this.#counts.value = checkInStats ?? null
    } catch (error) {
      this.#failed(error)
    }
  }

  /** Takes in what the server tells of check-ins, at this door and at others. */
  async hear(checkIns: readonly ToldCheckIn[]): Promise<void> {
    for (const { deviceId, gate, direction, scannedAt, outcome, reason, ticket } of checkIns) {
      if (!ticket) continue
      const ofTicket = (await this.#store.ofTicket(ticket.id)).filter(
        (scan) => scan.verdict?.kind === 'ADMITTED',
      )
      if (deviceId === this.scanner.deviceId) {
        for (const scan of ofTicket)
          if (scan.scannedAt === scannedAt && scan.direction === direction)
            await this.#change(scan, { outcome: { outcome, reason } })
        continue
      }
      if (direction !== 'ENTRY' || (outcome !== 'ACCEPTED' && outcome !== 'DUPLICATE')) continue
      const isFirst = outcome === 'ACCEPTED'
      for (const scan of ofTicket) await this.#change(scan, { elsewhere: { at: scannedAt, gate, isFirst } })
      if (!isFirst) continue
      const entry = { ticketId: ticket.id, at: scannedAt, gate, typeName: ticket.ticketType?.name ?? '' }
      this.#heard.set(ticket.id, entry)
      this.#last.value = entry
    }
  }

  /** The organizer has taken an entry back: its ticket admits again, here too. */
  async takeBack(scan: Scan): Promise<void> {
    await this.#change(scan, { outcome: { outcome: 'UNDONE', reason: null } })
    this.#own.delete(scan.ticketId)
    await this.refresh()
  }

  async #change(scan: Scan, changes: Partial<Scan>): Promise<void> {
    const changed = await this.#store.change(scan.seq, () => changes)
    if (changed)
      this.#scans.value = this.#scans.value.map((shown) => (shown.seq === scan.seq ? changed : shown))
  }

  /** Tickets by the number printed on them, as far as the list knows. */
  findByNumber(number: string) {
    return this.#bundle?.findByNumber(number) ?? []
  }
}

const useOf = ({ direction, scannedAt, gate }: Scan): OwnUse => ({
  inside: direction === 'ENTRY',
  at: scannedAt,
  gate,
})

function admitted(ticket: CheckInResult['checkIn'], direction: Direction): Verdict {
  const { id, ticketType, seat, owner, attendee } = ticket ?? {}
  const holder = attendee?.name ?? owner?.name
  return {
    kind: 'ADMITTED',
    direction,
    isLocal: false,
    ...(id && { ticketId: id }),
    ...(ticketType && { typeName: ticketType.name }),
    ...(holder && { holder }),
    ...(seat && { seat: `${seat.section} · ${seat.row} · ${seat.label}` }),
    ...(attendee?.answers.length && { answers: attendee.answers }),
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** @returns undefined when it takes longer. */
const within = <T>(answer: Promise<T>, ms: number): Promise<T | undefined> =>
  Promise.race([answer, new Promise<undefined>((resolve) => setTimeout(resolve, ms))])
