import type { Bundle, DoorType, TicketState } from './bundle.ts'
import type { TicketClaims } from './ticket-code.ts'

export type Direction = 'ENTRY' | 'EXIT'

/** What is said of a scan: `ADMITTED`, or why not; the names are those of `CheckInRefusal`, and a few of ours. */
export type VerdictKind =
  | 'ADMITTED'
  | 'USED'
  | 'FORGED'
  | 'UNKNOWN'
  | 'OTHER_EVENT'
  | 'REFUNDED'
  | 'CANCELLED'
  | 'TRANSFERRED'
  | 'FROZEN'
  | 'EXPIRED'
  | 'WRONG_GATE'
  | 'WRONG_DAY'
  | 'NOT_INSIDE'
  /** It changed at this moment. */
  | 'SCAN_AGAIN'
  /** This scanner may not, or no longer. */
  | 'NOT_ALLOWED'
  /** Neither the server nor a list of tickets is at hand. */
  | 'NOT_READY'

export interface Verdict {
  kind: VerdictKind
  direction: Direction
  ticketId?: string
  typeName?: string
  holder?: string
  seat?: string
  answers?: readonly { question: string; answer: string }[]
  /** Of a ticket that was used: when and where, as far as that is known. */
  usedAt?: string
  usedGate?: string | null
  usedHere?: boolean
  /** Of `WRONG_GATE`: where it is valid. */
  gates?: readonly string[]
  /** Of `WRONG_DAY`: the window that is next, or else the last one. */
  window?: { from: string; until: string; isAhead: boolean }
  /** Whether this device decided alone. */
  isLocal: boolean
}

/** What this device itself has done with a ticket, and the list does not tell yet. */
export interface OwnUse {
  inside: boolean
  at: string
  gate: string | null
}

/** A scan as it is judged. */
export interface ScanFacts {
  direction: Direction
  gate: string | null
  /** By the server's clock, in milliseconds. */
  at: number
}

/**
 * Judges a code without the server, in the order in which the server asks: what the code says, what became of the ticket, the event, the
 * day, the gate, and last whether somebody is in with it.
 * @param claims of the code; null: nobody here has signed it. @param own what this device did with the ticket since it was told.
 */
export function judge(
  bundle: Bundle,
  claims: TicketClaims | null,
  { direction, gate, at }: ScanFacts,
  own: OwnUse | null,
): Verdict {
  const refuse = (kind: VerdictKind, more: Partial<Verdict> = {}): Verdict => ({
    kind,
    direction,
    isLocal: true,
    ...more,
  })
  if (!claims) return refuse('FORGED')
  if (claims.eventId !== bundle.rules.eventId) return refuse('OTHER_EVENT')
  const { ticketId } = claims
  const known = bundle.find(ticketId)
  if (!known) return refuse('UNKNOWN', { ticketId })
  const { type } = known
  const state = stateOf(known.state, own)
  const about = { ticketId, typeName: type.name }
  if (state === 'REFUNDED' || state === 'CANCELLED' || state === 'TRANSFERRED') return refuse(state, about)
  if (direction === 'EXIT') return refuse(state === 'INSIDE' ? 'ADMITTED' : 'NOT_INSIDE', about)
  if (!bundle.rules.admits) return refuse('CANCELLED', about)
  if (state === 'FROZEN') return refuse('FROZEN', about)
  if (at > Date.parse(bundle.rules.endsAt)) return refuse('EXPIRED', about)
  if (!isOpen(type, at)) return refuse('WRONG_DAY', { ...about, ...windowOf(type, at) })
  if (type.gates && gate !== null && !type.gates.includes(gate))
    return refuse('WRONG_GATE', { ...about, gates: type.gates })
  if (state === 'VALID' || (state === 'OUTSIDE' && bundle.rules.reentry)) return refuse('ADMITTED', about)
  const used = own && { usedAt: own.at, usedGate: own.gate, usedHere: true }
  return refuse('USED', { ...about, ...used })
}

/** What a ticket is after what this device did with it; what became of its money or owner counts all the same. */
const stateOf = (state: TicketState, own: OwnUse | null): TicketState =>
  own && (state === 'VALID' || state === 'OUTSIDE' || state === 'INSIDE')
    ? own.inside
      ? 'INSIDE'
      : 'OUTSIDE'
    : state

const isOpen = ({ windows }: DoorType, at: number): boolean =>
  windows === null || windows.some(({ from, until }) => at >= Date.parse(from) && at < Date.parse(until))

/** The window that is next, or else the one that was last. */
export function windowOf({ windows }: Pick<DoorType, 'windows'>, at: number): Pick<Verdict, 'window'> {
  const inOrder = windows?.toSorted((a, b) => Date.parse(a.from) - Date.parse(b.from)) ?? []
  const next = inOrder.find(({ from }) => Date.parse(from) > at)
  const shown = next ?? inOrder.at(-1)
  return shown ? { window: { ...shown, isAhead: shown === next } } : {}
}
