import { describe, expect, it } from 'vitest'
import { Bundle, type BundleAnswer, STATES, type TicketState } from './bundle.ts'
import { type Direction, judge, type OwnUse, type VerdictKind } from './judge.ts'

const EVENT = '0198f0aa-0000-7000-8000-0000000000ee'
const NOW = Date.parse('2027-06-12T20:00:00Z')
const HOUR = 3_600_000

/** A door's list with one ticket of each state; the last part of its id is the state. */
function bundleOf(
  facts: Partial<BundleAnswer> = {},
  type: Partial<BundleAnswer['ticketTypes'][number]> = {},
) {
  const bytes = STATES.flatMap((_, state) => [0x80, 0, 0, 0, 0, 0, 0, state, state])
  const bundle = new Bundle({ eventId: EVENT, admits: true, endsAt: '', reentry: false, keys: [], types: [] })
  bundle.apply(
    {
      eventId: EVENT,
      now: new Date(NOW).toISOString(),
      admits: true,
      endsAt: new Date(NOW + 3 * HOUR).toISOString(),
      reentry: false,
      keys: [],
      whole: true,
      more: false,
      cursor: 'here',
      ...facts,
      ticketTypes: [
        {
          ticketType: { id: 'type' },
          name: 'Festival',
          gates: null,
          windows: null,
          tickets: btoa(String.fromCharCode(...bytes)),
          ...type,
        },
      ],
    },
    0,
  )
  return bundle
}

const claimsOf = (state: TicketState, eventId = EVENT) => ({
  ticketId: `0198f0aa-0000-7000-8000-00000000000${STATES.indexOf(state)}`,
  eventId,
})

interface Case {
  name: string
  state?: TicketState
  claims?: null | { ticketId: string; eventId: string }
  facts?: Partial<BundleAnswer>
  type?: Partial<BundleAnswer['ticketTypes'][number]>
  gate?: string | null
  direction?: Direction
  own?: OwnUse
  at?: number
  says: VerdictKind
}

const day = (from: number, until: number) => [
  { from: new Date(NOW + from * HOUR).toISOString(), until: new Date(NOW + until * HOUR).toISOString() },
]
const inside: OwnUse = { inside: true, at: new Date(NOW - HOUR).toISOString(), gate: 'North' }
const outside: OwnUse = { ...inside, inside: false }

const CASES: Case[] = [
  { name: 'a valid ticket', state: 'VALID', says: 'ADMITTED' },
  { name: 'a code nobody signed', claims: null, says: 'FORGED' },
  {
    name: 'another event’s',
    claims: claimsOf('VALID', '0198f0aa-0000-7000-8000-0000000000ff'),
    says: 'OTHER_EVENT',
  },
  {
    name: 'one that is in no list',
    claims: { ...claimsOf('VALID'), ticketId: '0198f0aa-0000-7000-8000-00000000000a' },
    says: 'UNKNOWN',
  },
  { name: 'one that is inside', state: 'INSIDE', says: 'USED' },
  { name: 'one that is outside again', state: 'OUTSIDE', says: 'USED' },
  {
    name: 'one that is outside again, with re-entry',
    state: 'OUTSIDE',
    facts: { reentry: true },
    says: 'ADMITTED',
  },
  { name: 'one that is inside, with re-entry', state: 'INSIDE', facts: { reentry: true }, says: 'USED' },
  { name: 'a refunded one', state: 'REFUNDED', says: 'REFUNDED' },
  { name: 'a cancelled one', state: 'CANCELLED', says: 'CANCELLED' },
  { name: 'one that was handed on', state: 'TRANSFERRED', says: 'TRANSFERRED' },
  { name: 'one in dispute', state: 'FROZEN', says: 'FROZEN' },
  { name: 'one of a called-off event', state: 'VALID', facts: { admits: false }, says: 'CANCELLED' },
  { name: 'one of an event that is over', state: 'VALID', at: NOW + 4 * HOUR, says: 'EXPIRED' },
  { name: 'one of another day', state: 'VALID', type: { windows: day(12, 36) }, says: 'WRONG_DAY' },
  {
    name: 'one at the first moment of its day',
    state: 'VALID',
    type: { windows: day(0, 24) },
    says: 'ADMITTED',
  },
  {
    name: 'one at the first moment after its day',
    state: 'VALID',
    type: { windows: day(-24, 0) },
    says: 'WRONG_DAY',
  },
  {
    name: 'one of another gate',
    state: 'VALID',
    type: { gates: ['South'] },
    gate: 'North',
    says: 'WRONG_GATE',
  },
  {
    name: 'one of another gate, at a door without one',
    state: 'VALID',
    type: { gates: ['South'] },
    says: 'ADMITTED',
  },
  {
    name: 'a refunded one at another gate',
    state: 'REFUNDED',
    type: { gates: ['South'] },
    gate: 'North',
    says: 'REFUNDED',
  },
  {
    name: 'a used one at another gate',
    state: 'INSIDE',
    type: { gates: ['South'] },
    gate: 'North',
    says: 'WRONG_GATE',
  },
  {
    name: 'one on another day, at another gate',
    state: 'VALID',
    type: { gates: ['South'], windows: day(12, 36) },
    gate: 'North',
    says: 'WRONG_DAY',
  },
  { name: 'one that this device let in', state: 'VALID', own: inside, says: 'USED' },
  { name: 'one that this device let in and out', state: 'VALID', own: outside, says: 'USED' },
  {
    name: 'the same, with re-entry',
    state: 'VALID',
    own: outside,
    facts: { reentry: true },
    says: 'ADMITTED',
  },
  { name: 'one that this device let in, refunded since', state: 'REFUNDED', own: inside, says: 'REFUNDED' },
  { name: 'somebody who goes', state: 'INSIDE', direction: 'EXIT', says: 'ADMITTED' },
  {
    name: 'somebody who goes at any gate, after the end',
    state: 'INSIDE',
    direction: 'EXIT',
    type: { gates: ['South'] },
    gate: 'North',
    at: NOW + 4 * HOUR,
    says: 'ADMITTED',
  },
  { name: 'somebody who goes and has not come', state: 'VALID', direction: 'EXIT', says: 'NOT_INSIDE' },
  {
    name: 'somebody who goes whom this device let in',
    state: 'VALID',
    own: inside,
    direction: 'EXIT',
    says: 'ADMITTED',
  },
]

describe('a door that decides by itself', () => {
  it.each(CASES)(
    'of $name says $says',
    ({
      state = 'VALID',
      claims,
      facts,
      type,
      gate = null,
      direction = 'ENTRY',
      own = null,
      at = NOW,
      says,
    }) => {
      const verdict = judge(
        bundleOf(facts, type),
        claims === undefined ? claimsOf(state) : claims,
        { direction, gate, at },
        own,
      )
      expect(verdict).toMatchObject({ kind: says, isLocal: true })
    },
  )

  it('tells where a ticket is valid, when, and what this device did with it', () => {
    const facts = { direction: 'ENTRY', gate: 'North', at: NOW } as const
    const judged = (bundle: Bundle, own: OwnUse | null = null) => judge(bundle, claimsOf('VALID'), facts, own)
    expect(judged(bundleOf({}, { gates: ['South', 'West'] }))).toMatchObject({ gates: ['South', 'West'] })
    const [ahead] = day(12, 36)
    expect(judged(bundleOf({}, { windows: [...day(-36, -12), ...day(12, 36)] })).window).toEqual({
      ...ahead,
      isAhead: true,
    })
    expect(judged(bundleOf({}, { windows: day(-36, -12) })).window?.isAhead).toBe(false)
    expect(judged(bundleOf(), inside)).toMatchObject({ usedAt: inside.at, usedGate: 'North', usedHere: true })
  })
})

describe('a list of tickets', () => {
  it('is the same after it was kept, and takes in what changes', () => {
    const bundle = bundleOf()
    const kept = Bundle.restore(structuredClone(bundle.snapshot()))
    expect(kept.snapshot()).toEqual(bundle.snapshot())
    expect(STATES.map((state) => kept.find(claimsOf(state).ticketId)?.state)).toEqual([...STATES])
    const { rules } = kept
    const change = btoa(String.fromCharCode(0x80, 0, 0, 0, 0, 0, 0, 0, STATES.indexOf('INSIDE')))
    const answer = { ...rules, now: new Date(NOW).toISOString(), more: false, cursor: 'there' }
    const ticketTypes = [
      { ticketType: { id: 'type' }, name: 'Festival', gates: null, windows: null, tickets: change },
    ]
    expect(kept.apply({ ...answer, whole: false, ticketTypes }, 0)).toBe(1)
    expect(kept.find(claimsOf('VALID').ticketId)?.state).toBe('INSIDE')
    expect(kept.size).toBe(STATES.length)
    kept.apply({ ...answer, whole: true, ticketTypes }, 0)
    expect(kept.size).toBe(1)
  })

  it('finds tickets by the number printed on them', () => {
    expect(bundleOf().findByNumber('0000-0003')).toMatchObject([
      { number: '0000-0003', ticket: { state: 'REFUNDED' } },
    ])
    expect(bundleOf().findByNumber('Budi')).toEqual([])
  })
})
