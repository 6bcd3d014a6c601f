import fc from 'fast-check'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type FacingRow,
  middleOf,
  rankBestSeats,
  searchSeats,
  squared,
} from '../src/domain/seat-map/best-seats.ts'
import { blocksOf, orphansOf, type RankedSeat } from '../src/domain/seat-map/orphan-rule.ts'
import { type ChoosableSeat, nearest, type RowLayout } from '../src/domain/seat-map/row-store.ts'
import { scatterParty, splitParty } from '../src/domain/seat-map/seat-alternatives.ts'
import { ownRoom, publishedLayout } from './layouts.ts'
import { imbalances } from './races.ts'
import { type Story, startStory } from './stories.ts'

// What is best, and what leaves nobody alone, said once more in the plainest way there is, and held against the real thing.

/** Places of a row from the left: an aisle, a taken seat, or a free one of some kind. */
type Sign = ' ' | 'x' | '.' | 'w' | 'c' | 'o'
const signs = (most: number) =>
  fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constant<Sign>('.') },
      { weight: 3, arbitrary: fc.constantFrom<Sign>('x', ' ') },
      { weight: 1, arbitrary: fc.constantFrom<Sign>('w', 'c', 'o') },
    ),
    { minLength: 1, maxLength: most },
  )

const rowOf = (row: readonly Sign[], at = 0, x = 0): ChoosableSeat[] =>
  row.flatMap((sign, index) =>
    sign === ' '
      ? []
      : {
          id: `${at}:${index}`,
          position: index + 1,
          free: sign !== 'x',
          accessible: sign === 'w',
          companion: sign === 'c',
          obstructed: sign === 'o',
          x: x + index * 10,
          y: at * 10,
          sectionId: 'section',
          rowIndex: at,
          ticketTypeId: 'type',
          lapsed: false,
        },
  )

/** A hall of a few rows of any shape, each a little to the side, around one focal point. */
const halls = (rows: number, seats: number) =>
  fc
    .record({
      rows: fc.array(fc.record({ row: signs(seats), x: fc.integer({ min: -20, max: 20 }) }), {
        minLength: 1,
        maxLength: rows,
      }),
      focal: fc.record({ x: fc.integer({ min: -10, max: 90 }), y: fc.integer({ min: -30, max: 0 }) }),
    })
    .map(({ rows: drawn, focal }) =>
      drawn.map(({ row, x }, at) => ({
        sectionId: 'section',
        rowIndex: at,
        focal,
        seats: rowOf(row, at, x),
      })),
    )

/** Every choice of free seats of a row. */
function* choices<T extends RankedSeat>(row: readonly T[]): Generator<T[]> {
  const free = row.filter((seat) => seat.free)
  for (let mask = 0; mask < 2 ** free.length; mask++) yield free.filter((_, bit) => mask & (2 ** bit))
}

/** Seats that would be free with nobody free beside them, and were not so before. */
function alone(row: readonly RankedSeat[], chosen: ReadonlySet<string>): string[] {
  const isFree = (position: number, taken: ReadonlySet<string>) =>
    row.some((seat) => seat.position === position && seat.free && !taken.has(seat.id))
  const isAlone = ({ position }: RankedSeat, taken: ReadonlySet<string>) =>
    isFree(position, taken) && !isFree(position - 1, taken) && !isFree(position + 1, taken)
  return row.filter((seat) => isAlone(seat, chosen) && !isAlone(seat, new Set())).map(({ id }) => id)
}

const idsOf = (seats: readonly RankedSeat[]): Set<string> => new Set(seats.map(({ id }) => id))

describe('the no-orphan rule', () => {
  it('refuses a choice if and only if it leaves somebody alone and as many seats in as few blocks would not', () => {
    fc.assert(
      fc.property(signs(9), (drawn) => {
        const row = rowOf(drawn)
        const all = [...choices(row)]
        const clean = all.filter((choice) => alone(row, idsOf(choice)).length === 0)
        for (const choice of all) {
          const blocks = blocksOf(choice).length
          const isBetter = clean.some(
            (other) => other.length === choice.length && blocksOf(other).length <= blocks,
          )
          const isBound = choice.some(({ accessible }) => accessible)
          const refused = isBetter && !isBound ? alone(row, idsOf(choice)) : []
          expect(orphansOf(row, idsOf(choice))).toEqual(refused)
        }
      }),
      { numRuns: 150 },
    )
  })
})

interface Scored {
  ids: string
  score: [number, number, number, number]
}

/** Every block of neighbours that seats a party, with what speaks against it and how far away it is. */
function everyBlock(
  rows: readonly FacingRow<ChoosableSeat>[],
  { quantity, wheelchairs }: { quantity: number; wheelchairs: number },
): Scored[] {
  return rows.flatMap(({ seats, focal }) =>
    seats.flatMap((_, from): Scored[] => {
      const block = seats.slice(from, from + quantity)
      const count = (kind: 'accessible' | 'companion' | 'obstructed') =>
        block.filter((seat) => seat[kind]).length
      if (block.length < quantity || blocksOf(block).length > 1 || block.some((seat) => !seat.free)) return []
      if (count('accessible') < wheelchairs) return []
      const wasted = count('accessible') - wheelchairs + (wheelchairs > 0 ? 0 : count('companion'))
      const orphans = alone(seats, idsOf(block)).length > 0 ? 1 : 0
      const distance = squared(middleOf(block), focal)
      return [
        { ids: block.map(({ id }) => id).join(' '), score: [orphans, wasted, count('obstructed'), distance] },
      ]
    }),
  )
}

const compare = (a: Scored, b: Scored): number =>
  a.score.map((value, at) => value - (b.score[at] ?? 0)).find((difference) => difference !== 0) ?? 0

const parties = fc
  .record({ quantity: fc.integer({ min: 1, max: 5 }), wheelchairs: fc.constantFrom(0, 0, 0, 1, 2) })
  .filter(({ quantity, wheelchairs }) => wheelchairs <= quantity)

describe('the best seats', () => {
  it('are as good as the best of all, and there are some whenever a party can be seated', () => {
    fc.assert(
      fc.property(halls(4, 10), parties, (rows, party) => {
        const every = everyBlock(rows, party).sort(compare)
        const [best] = rankBestSeats(rows, party)
        const found = every.find(({ ids }) => ids === best?.seats.map(({ id }) => id).join(' '))
        expect(found?.score).toEqual(every[0]?.score)
        expect(best === undefined).toBe(every.length === 0)
      }),
      { numRuns: 1_000 },
    )
  })

  it('are the same when no more rows are read than must be, and go on to the next best', async () => {
    await fc.assert(
      fc.asyncProperty(halls(24, 6), parties, async (rows, party) => {
        const layouts = rows.flatMap(({ seats, focal, ...row }): RowLayout[] => {
          const xs = seats.map(({ x }) => x)
          if (seats.length === 0) return []
          const from = { x: Math.min(...xs), y: row.rowIndex * 10 }
          const accessible = seats.filter((seat) => seat.accessible).length
          const obstructed = seats.every((seat) => seat.obstructed)
          return [{ ...row, from, to: { ...from, x: Math.max(...xs) }, focal, accessible, obstructed }]
        })
        layouts.sort((a, b) => nearest(a) - nearest(b))
        const copies = new Map(rows.map((row) => [row.rowIndex, row.seats.map((seat) => ({ ...seat }))]))
        const read = async (wanted: readonly RowLayout[]) =>
          wanted.map(({ rowIndex }) => copies.get(rowIndex)?.filter(({ free }) => free) ?? [])
        const search = searchSeats(read, 'type', layouts, party)
        for (let round = 0; round < 3; round++) {
          const left = rows.map((row) => ({ ...row, seats: copies.get(row.rowIndex) ?? [] }))
          const every = everyBlock(left, party).sort(compare)
          const [best = []] = await search.best(1)
          const found = every.find(({ ids }) => ids === best.map(({ id }) => id).join(' '))
          expect(found?.score).toEqual(every[0]?.score)
          search.exclude(best.map(({ id }) => id))
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('alternatives for a party that cannot sit together', () => {
  const freeOf = (rows: readonly { seats: ChoosableSeat[] }[]): ChoosableSeat[] =>
    rows.flatMap(({ seats }) => seats.filter(({ free }) => free))

  /** Whether holdSeats would take them. */
  const pass = (rows: readonly { seats: ChoosableSeat[] }[], groups: readonly ChoosableSeat[][]): boolean =>
    rows.every(({ seats }) => {
      const chosen = new Set([...idsOf(groups.flat())].filter((id) => seats.some((seat) => seat.id === id)))
      return orphansOf(seats, chosen).length === 0
    })

  it('two groups: there are two whenever two rows, or two parts of one, have room, and nobody is left alone', () => {
    fc.assert(
      fc.property(halls(4, 8), parties, (rows, party) => {
        fc.pre(party.quantity > 1 && everyBlock(rows, party).length === 0)
        const groups = splitParty(rows, party)
        const fits = (row: (typeof rows)[number], size: number, wheelchairs: number) =>
          everyBlock([row], { quantity: size, wheelchairs }).length > 0
        const { quantity, wheelchairs } = party
        const least = wheelchairs === 0 ? 1 : Math.min(wheelchairs + 1, quantity - 1)
        const firsts = Array.from({ length: quantity - 1 }, (_, at) => at + 1).filter(
          (first) => first >= Math.max(least, wheelchairs),
        )
        const near = (a: number, b: number) => Math.abs(a - b) === 1
        const pairs = firsts.flatMap((first) =>
          rows.flatMap((a) =>
            rows
              .filter((b) => a !== b && fits(a, first, wheelchairs) && fits(b, quantity - first, 0))
              .map((b) => ({ near: near(a.rowIndex, b.rowIndex) })),
          ),
        )
        if (pairs.length > 0) expect(groups).not.toBeNull()
        if (!groups) return
        expect(groups.map((group) => blocksOf(group).length)).toEqual([1, 1])
        expect(idsOf(groups.flat()).size).toBe(quantity)
        expect(groups[0].filter(({ accessible }) => accessible).length).toBeGreaterThanOrEqual(wheelchairs)
        expect(pass(rows, groups)).toBe(true)
        const distance = Math.abs((groups[0][0]?.rowIndex ?? 0) - (groups[1][0]?.rowIndex ?? 0))
        if (pairs.some((pair) => pair.near)) expect(distance).toBeLessThanOrEqual(1)
      }),
      { numRuns: 1_000 },
    )
  })

  it('anywhere: there are as many whenever as many seats are left, in few groups, and nobody is left alone', () => {
    fc.assert(
      fc.property(halls(4, 8), fc.integer({ min: 1, max: 8 }), (rows, quantity) => {
        const groups = scatterParty(rows, quantity)
        const isEnough = freeOf(rows).length >= quantity
        expect(idsOf((groups ?? []).flat()).size).toBe(isEnough ? quantity : 0)
        expect(pass(rows, groups ?? [])).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('a party that asks for seats', () => {
  let story: Story
  beforeAll(async () => {
    story = await startStory()
  })
  afterAll(() => story[Symbol.asyncDispose]())

  const OFFER = 'kind total currency groups { seats { id row number } ticketType { id } }'
  const LOOK = `query ($input: HoldBestSeatsInput!) { bestSeats(input: $input) {
    remaining together { ${OFFER} } alternatives { ${OFFER} } } }`
  const HOLD_BEST = `mutation ($input: HoldBestSeatsInput!) { holdBestSeats(input: $input) { id seats { id row number } } }`

  /** A hall with a curved front block (an aisle, wheelchairs, pillars) and a straight back block, dear and cheap. */
  async function concert() {
    const roomId = ownRoom(story)
    const eventId = await story.event({ roomId, capacity: 1_000, maxOpenPlaces: 1_000 })
    const front = await story.ticketType(eventId, { name: 'Front', price: 300_000, quota: 1 })
    const back = await story.ticketType(eventId, { name: 'Back', price: 100_000, quota: 1 })
    const layoutId = await publishedLayout(story, roomId, {
      format: 'karcis-seat-layout/1',
      focal: { x: 0, y: -200 },
      sections: [
        {
          name: 'Front',
          rows: [{ rows: 3, seats: 12, radius: 300, gaps: [{ after: 5 }] }],
          accessible: [{ row: 'A', seats: [11, 12] }],
          companion: [{ row: 'A', seats: [10] }],
          obstructed: [{ row: 'A', seats: [5, 6, 7] }],
        },
        { name: 'Back', origin: { x: 0, y: 200 }, rows: [{ rows: 2, seats: 8 }] },
      ],
    })
    const tiers = [
      { section: 'Front', ticketTypeId: front },
      { section: 'Back', ticketTypeId: back },
    ]
    await story.mustAsk(
      story.organizer,
      'mutation ($input: CreateSeatMapInput!) { createSeatMap(input: $input) { revision } }',
      { input: { eventId, layoutId, tiers } },
    )
    return { eventId, front, back }
  }

  const names = (seats: { row: string; number: number }[]): string =>
    seats.map(({ row, number }) => `${row}${number}`).join(' ')
  const hold = (input: object, viewer = person()) => story.ask(viewer, HOLD_BEST, { input })
  const look = async (input: object, viewer = person()) =>
    (await story.mustAsk(viewer, LOOK, { input })).bestSeats

  /** Takes seats out of sale. */
  async function block(eventId: string, section: string, labels: string): Promise<void> {
    const rows = labels.split(' ').map((label) => `('${label[0]}', ${label.slice(1)})`)
    const ids = await story.sql<{
      id: string
    }>(`SELECT s.id FROM seats s JOIN sections x ON x.id = s.section_id
      WHERE s.event_id = '${eventId}' AND x.name = '${section}' AND (s.row_label, s.number) IN (${rows.join()})`)
    await story.mustAsk(
      story.organizer,
      'mutation ($eventId: ID!, $ids: [ID!]!) { blockSeats(eventId: $eventId, seatIds: $ids) { id } }',
      { eventId, ids: ids.map(({ id }) => id) },
    )
  }

  it('is given places by what it needs: in the middle, with its wheelchairs, for its money', async () => {
    const { eventId, front, back } = await concert()
    // In the front row the middle stands behind a pillar, so it is the second row, on one side of the aisle.
    const plain = (await hold({ eventId, quantity: 2, ticketTypeId: front })).data.holdBestSeats
    expect(names(plain.seats)).toBe('A8 A9')
    const withChairs = { eventId, quantity: 3, wheelchairs: 2 }
    expect((await look(withChairs)).together.groups[0].seats.map(({ row }: { row: string }) => row)).toEqual([
      'A',
      'A',
      'A',
    ])
    expect(names((await hold(withChairs)).data.holdBestSeats.seats)).toBe('A10 A11 A12')
    const gone = await hold(withChairs)
    expect(gone).toMatchObject({ code: 'SOLD_OUT', facts: { alternatives: [] } })
    const cheap = (await hold({ eventId, quantity: 8, maxPrice: 100_000 })).data.holdBestSeats
    expect(names(cheap.seats)).toBe('A1 A2 A3 A4 A5 A6 A7 A8')
    const eight = { eventId, quantity: 8, ticketTypeIds: [front, back] }
    expect(names((await hold(eight)).data.holdBestSeats.seats)).toBe('B1 B2 B3 B4 B5 B6 B7 B8')
    expect(await imbalances(story)).toEqual([])
  })

  it('is offered what there is instead when it cannot sit together, and may take any of it', async () => {
    const { eventId, front, back } = await concert()
    const six = { eventId, ticketTypeId: front, quantity: 8 }
    const { together, remaining, alternatives } = await look(six)
    expect({ together, remaining }).toEqual({ together: null, remaining: 36 })
    expect(
      alternatives.map(({ kind, total }: { kind: string; total: number }) => `${kind} ${total}`),
    ).toEqual(['SPLIT 2400000', 'OTHER_TYPE 800000'])
    const refused = await hold(six)
    expect(refused.code).toBe('SOLD_OUT')
    const { facts } = refused
    expect(facts).toMatchObject({ remaining: 36, adjacent: 7, ticketTypeId: front })
    const idsOfOffer = (offer: { groups: { seats: { id: string }[] }[] }) =>
      offer.groups.flatMap(({ seats }) => seats.map(({ id }) => id))
    expect(facts.alternatives.map(({ seatIds }: { seatIds: string[] }) => seatIds)).toEqual(
      alternatives.map(idsOfOffer),
    )
    for (const { seatIds } of facts.alternatives)
      expect((await story.holdSeats(person(), eventId, seatIds)).code).toBeUndefined()

    // Where only single seats are left of what was asked for, they are what is offered, and the next type.
    await block(eventId, 'Back', 'B2 B3 B4 B6 B8')
    const back3 = await look({ eventId, ticketTypeId: back, quantity: 3 })
    const kinds = back3.alternatives.map(({ kind }: { kind: string }) => kind)
    expect(kinds).toEqual(['OTHER_TYPE', 'SEPARATE'])
    const apart = back3.alternatives[1]
    expect(names(apart.groups.flatMap(({ seats }: { seats: [] }) => seats))).toBe('B1 B5 B7')
    expect((await story.holdSeats(person(), eventId, idsOfOffer(apart))).code).toBeUndefined()
    const cheap = await look({ eventId, ticketTypeId: back, quantity: 3, maxPrice: 100_000 })
    expect(cheap).toEqual({ remaining: 0, together: null, alternatives: [] })
    expect(await imbalances(story)).toEqual([])
  })

  it.for([
    ['is hidden', { hidden: true }, 'NOT_FOUND'],
    ['asks for an access code', { accessCode: 'fans-2027' }, 'FORBIDDEN'],
    ['is hidden and asks for one', { hidden: true, accessCode: 'fans-2027' }, 'NOT_FOUND'],
  ] as const)(
    'is given no seats of a type that %s, and offered none instead of others; whoever may have them names the type, with its code',
    async ([, shut, refusal]) => {
      const shutConcert = async () => {
        const sale = await concert()
        await story.mustAsk(
          story.organizer,
          'mutation ($input: UpdateTicketTypeInput!) { updateTicketType(input: $input) { id } }',
          { input: { id: sale.front, ...shut } },
        )
        return sale
      }
      const { eventId, front, back } = await shutConcert()
      const typesOf = async (seatIds: string[]) => {
        const rows = await story.sql<{ type: string }>(`SELECT DISTINCT ticket_type_id AS type FROM seats
          WHERE id IN (${seatIds.map((id) => `'${id}'`).join()})`)
        return rows.map(({ type }) => type)
      }
      const idsOfSeats = ({ seats }: { seats: { id: string }[] }) => seats.map(({ id }) => id)
      const code = { accessCode: 'FANS-2027' }

      // The front is dearer, and would come first. A code says nothing while no type is named.
      for (const given of [{}, code, { ...code, ticketTypeIds: [back] }]) {
        const { together } = await look({ eventId, quantity: 2, ...given })
        expect(await typesOf(together.groups.flatMap(idsOfSeats))).toEqual([back])
        const { holdBestSeats } = (await hold({ eventId, quantity: 2, ...given })).data
        expect(await typesOf(idsOfSeats(holdBestSeats))).toEqual([back])
      }

      // Nowhere three seats side by side but in front.
      const late = await shutConcert()
      await block(late.eventId, 'Back', 'A3 A6 B2 B4 B6 B8')
      for (const given of [{}, code, { ticketTypeId: late.back }, { ...code, ticketTypeId: late.back }]) {
        const three = { eventId: late.eventId, quantity: 3, ...given }
        const { together, alternatives } = await look(three)
        expect(together).toBeNull()
        const offered = alternatives.flatMap(({ groups }: { groups: [] }) => groups.flatMap(idsOfSeats))
        expect(await typesOf(offered)).toEqual([late.back])
        const refused = await hold(three)
        expect(refused).toMatchObject({ code: 'SOLD_OUT', facts: { ticketTypeId: late.back } })
        const told = refused.facts.alternatives.flatMap(({ seatIds }: { seatIds: string[] }) => seatIds)
        expect(await typesOf(told)).toEqual([late.back])
        expect(JSON.stringify(refused)).not.toContain(late.front)
      }

      const named = { eventId, quantity: 3, ticketTypeId: front }
      expect((await hold(named)).code).toBe(refusal)
      if ('hidden' in shut) expect((await hold({ ...named, ...code })).code).toBe(refusal)
      const viewer = 'hidden' in shut ? story.organizer : person()
      const seen = await look({ ...named, ...code }, viewer)
      expect(await typesOf(seen.together.groups.flatMap(idsOfSeats))).toEqual([front])
      const { holdBestSeats } = (await hold({ ...named, ...code }, viewer)).data
      expect(await typesOf(idsOfSeats(holdBestSeats))).toEqual([front])
      expect(await imbalances(story)).toEqual([])
    },
  )

  it('says what it wants so that it can be told apart', async () => {
    const { eventId, front } = await concert()
    const other = await concert()
    const standing = await story.ticketType(await story.event())
    const fieldsOf = async (input: object) =>
      (await hold({ eventId, quantity: 1, ...input })).facts.fields?.map(
        ({ path, message }: { path: string; message: string }) => `${path}: ${message}`,
      )
    expect(await fieldsOf({ ticketTypeId: front, ticketTypeIds: [front] })).toEqual([
      'input.ticketTypeIds: cannot be given together with ticketTypeId',
    ])
    expect(await fieldsOf({ wheelchairs: 2 })).toEqual(['input.wheelchairs: must not be more than quantity'])
    expect(await fieldsOf({ maxPrice: 99_999 })).toEqual([
      'input.maxPrice: must be at least 100000, the lowest price',
    ])
    expect(await fieldsOf({ eventId: await story.event() })).toEqual([
      'input.eventId: has no seats: use holdTickets',
    ])
    expect((await hold({ eventId, quantity: 1, ticketTypeIds: [front, other.front] })).code).toBe('NOT_FOUND')
    expect((await hold({ eventId, quantity: 1, ticketTypeId: standing })).code).toBe('NOT_FOUND')
    expect((await hold({ eventId, quantity: 11 })).code).toBe('LIMIT_EXCEEDED')
    expect((await story.ask(null, LOOK, { input: { eventId, quantity: 1 } })).code).toBe('UNAUTHENTICATED')
  })

  it('is one of thirty at once: each that there is room for has seats of its own, the others are told that there are none', async () => {
    const { eventId, front } = await concert()
    const second = await story.join()
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, at) =>
        story.holdBest(person(), eventId, front, 2, at % 2 === 0 ? story : second),
      ),
    )
    const held = answers.flatMap(({ data }) => data?.holdBestSeats?.seats ?? []).map(({ id }) => id)
    expect(new Set(held).size).toBe(held.length)
    expect(held.length).toBeGreaterThanOrEqual(30) // 36 seats, and nobody is left alone while that can be
    expect(new Set(answers.map(({ code }) => code))).toEqual(new Set([undefined, 'SOLD_OUT']))
    expect(await imbalances(story)).toEqual([])
  })
})
