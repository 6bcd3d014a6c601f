import { fromBase64, hexOf, type VerificationKey } from './ticket-code.ts'

/** What a ticket is at the door; the numbers are those of `DoorTicketType.tickets`. */
export const STATES = [
  'VALID',
  'OUTSIDE',
  'INSIDE',
  'REFUNDED',
  'CANCELLED',
  'TRANSFERRED',
  'FROZEN',
] as const

export type TicketState = (typeof STATES)[number]

/** A ticket type as the door is told of it. */
export interface DoorType {
  id: string
  name: string
  /** Null for all. */
  gates: readonly string[] | null
  /** Null for as long as the event. */
  windows: readonly { from: string; until: string }[] | null
}

/** How an event admits, and whose signature counts. */
export interface DoorRules {
  eventId: string
  admits: boolean
  endsAt: string
  reentry: boolean
  keys: readonly VerificationKey[]
  types: readonly DoorType[]
}

/** An answer of `doorBundle`. */
export interface BundleAnswer extends Omit<DoorRules, 'types'> {
  now: string
  whole: boolean
  more: boolean
  cursor: string
  ticketTypes: readonly (Omit<DoorType, 'id'> & { ticketType: { id: string } | null; tickets: string })[]
}

/** A bundle as it is kept on the device. */
export interface BundleSnapshot {
  rules: DoorRules
  cursor: string
  /** Server's clock less this device's, in milliseconds. */
  clockAhead: number
  /** When it was last known to be true, by the server's clock, in milliseconds. */
  freshAt: number
  /** Of each type, in the order of `rules.types`: 9 bytes a ticket, as `DoorTicketType.tickets`. */
  tickets: readonly Uint8Array<ArrayBuffer>[]
}

export interface KnownTicket {
  type: DoorType
  state: TicketState
}

/** Bytes of a ticket in a bundle: the last 8 of its id, and its state. */
const SIZE = 9

/** All that a door knows of an event, in memory: 60,000 tickets are some 8 MB. */
export class Bundle {
  rules: DoorRules
  cursor = ''
  clockAhead = 0
  freshAt = 0
  /** Of the last 8 bytes of an id, in hex: the type's id, and the state. */
  readonly #tickets = new Map<string, { typeId: string; state: number }>()

  constructor(rules: DoorRules) {
    this.rules = rules
  }

  get size(): number {
    return this.#tickets.size
  }

  /** Takes an answer in. @param clockAhead as measured with it. @returns how many tickets it told of. */
  apply(answer: BundleAnswer, clockAhead: number): number {
    const { eventId, admits, endsAt, reentry, keys, ticketTypes } = answer
    const types = ticketTypes.map(({ ticketType, name, gates, windows }, at) => ({
      id: ticketType?.id ?? `${at}`,
      name,
      gates,
      windows,
    }))
    this.rules = { eventId, admits, endsAt, reentry, keys, types }
    this.clockAhead = clockAhead
    if (answer.whole) this.#tickets.clear()
    let told = 0
    for (const [at, { tickets }] of ticketTypes.entries())
      told += this.#take(types[at]?.id ?? '', fromBase64(tickets))
    this.cursor = answer.cursor
    if (!answer.more) this.freshAt = Date.parse(answer.now)
    return told
  }

  #take(typeId: string, bytes: Uint8Array): number {
    for (let at = 0; at < bytes.length; at += SIZE)
      this.#tickets.set(hexOf(bytes.subarray(at, at + 8)), { typeId, state: bytes[at + 8] ?? 0 })
    return bytes.length / SIZE
  }

  /** @returns null for a ticket that this door has not been told of. */
  find(ticketId: string): KnownTicket | null {
    return this.#known(this.#tickets.get(keyOf(ticketId)))
  }

  #known(ticket: { typeId: string; state: number } | undefined): KnownTicket | null {
    const type = this.rules.types.find(({ id }) => id === ticket?.typeId)
    const state = STATES[ticket?.state ?? -1]
    return type && state ? { type, state } : null
  }

  /** Tickets by the number that is printed on them, with or without its dash; mostly one. */
  findByNumber(number: string): { number: string; ticket: KnownTicket }[] {
    const end = number.replaceAll(/[^\da-f]/gi, '').toLowerCase()
    if (end.length < 4) return []
    const found: { number: string; ticket: KnownTicket }[] = []
    for (const [key, value] of this.#tickets) {
      const ticket = key.slice(8).startsWith(end) || key.endsWith(end) ? this.#known(value) : null
      if (ticket) found.push({ number: `${key.slice(8, 12)}-${key.slice(12)}`.toUpperCase(), ticket })
      if (found.length === 20) break
    }
    return found
  }

  snapshot(): BundleSnapshot {
    const { rules, cursor, clockAhead, freshAt } = this
    const tickets = rules.types.map(({ id }) => this.#pack(id))
    return { rules, cursor, clockAhead, freshAt, tickets }
  }

  #pack(typeId: string): Uint8Array<ArrayBuffer> {
    const ofType = [...this.#tickets].filter(([, ticket]) => ticket.typeId === typeId)
    const bytes = new Uint8Array(ofType.length * SIZE)
    for (const [at, [key, { state }]] of ofType.entries()) {
      for (let byte = 0; byte < 8; byte++)
        bytes[at * SIZE + byte] = Number.parseInt(key.slice(byte * 2, byte * 2 + 2), 16)
      bytes[at * SIZE + 8] = state
    }
    return bytes
  }

  static restore({ rules, cursor, clockAhead, freshAt, tickets }: BundleSnapshot): Bundle {
    const bundle = new Bundle(rules)
    Object.assign(bundle, { cursor, clockAhead, freshAt })
    for (const [at, bytes] of tickets.entries()) bundle.#take(rules.types[at]?.id ?? '', bytes)
    return bundle
  }
}

/** What a bundle knows a ticket by. */
const keyOf = (ticketId: string): string => ticketId.replaceAll('-', '').slice(16)
