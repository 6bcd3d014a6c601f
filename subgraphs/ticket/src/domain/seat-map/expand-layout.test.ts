import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DrawnSection, expandLayout, writtenOn } from './expand-layout.ts'
import { layoutDocument } from './layout-document.ts'
import { countSeats, layoutProblems } from './layout-problems.ts'

const parse = (sections: object[]) => layoutDocument.parse({ format: 'karcis-seat-layout/1', sections })
const draw = (...sections: object[]): DrawnSection[] => {
  const layout = parse(sections)
  expect(layoutProblems(layout, '$')).toEqual([])
  return expandLayout(layout)
}
const rowsOf = (...sections: object[]) => draw(...sections).flatMap((section) => section.rows)

describe('a drawing of rows', () => {
  it('stands straight behind its anchor, aligned as said, with numbers from either end', () => {
    const [a, b] = rowsOf({
      name: 'S',
      origin: { x: 100, y: 50 },
      rows: [{ rows: 2, seats: 3, pitch: 30, numbering: { from: 'right' } }],
    })
    expect(a?.label).toBe('A')
    expect(a?.seats.map(({ x, y, number }) => [x, y, number])).toEqual([
      [80, 50, 3],
      [100, 50, 2],
      [120, 50, 1],
    ])
    expect(b?.seats[0]).toMatchObject({ y: 80, number: 3 })
  })

  it('has odd or even numbers, signs of its own, and labels without those that are skipped', () => {
    const odd = (numbers: string, start = 1) =>
      rowsOf({ name: 'S', rows: [{ seats: 3, numbering: { numbers, start } }] })
    expect(odd('odd')[0]?.seats.map((seat) => seat.number)).toEqual([1, 3, 5])
    expect(odd('even')[0]?.seats.map((seat) => seat.number)).toEqual([2, 4, 6])
    expect(odd('odd', 102)[0]?.seats.map((seat) => seat.number)).toEqual([103, 105, 107])
    const [row] = rowsOf({ name: 'S', rows: [{ seats: 2, seatLabels: ['L', 'R'] }] })
    expect(row?.seats.map((seat) => [seat.number, seat.label])).toEqual([
      [1, 'L'],
      [2, 'R'],
    ])
    const labels = rowsOf({ name: 'S', rows: [{ rows: 4, firstLabel: 'H', skip: ['I'], seats: 1 }] })
    expect(labels.map((each) => each.label)).toEqual(['H', 'J', 'K', 'L'])
    const more = rowsOf({ name: 'S', rows: [{ rows: 3, firstLabel: 'Z', seats: 1 }] })
    expect(more.map((each) => each.label)).toEqual(['Z', 'AA', 'AB'])
  })

  it('leaves aisles between seats that are no neighbours then', () => {
    const [row] = rowsOf({ name: 'S', rows: [{ seats: 4, align: 'left', gaps: [{ after: 2, width: 50 }] }] })
    expect(row?.seats.map((seat) => [seat.x, seat.position])).toEqual([
      [0, 1],
      [20, 2],
      [90, 4],
      [110, 5],
    ])
  })

  it('bends around a point in front, and turns with its section', () => {
    const [row] = rowsOf({ name: 'S', rows: [{ seats: 3, spacing: 157, radius: 100 }] })
    expect(row?.seats.map(({ x, y }) => [x, y])).toEqual([
      [-100, -100],
      [0, 0],
      [100, -100],
    ])
    const [turned] = rowsOf({ name: 'S', rotation: 90, rows: [{ seats: 3 }] })
    expect(turned?.seats.map(({ x, y }) => [x, y])).toEqual([
      [0, -20],
      [0, 0],
      [0, 20],
    ])
  })

  it('has tables with seats all around, and marks what is accessible, beside it, obstructed or not for sale', () => {
    const section = {
      name: 'S',
      tables: [
        { label: 'T1', x: 0, y: 0, seats: 4, radius: 30 },
        {
          label: 'T2',
          x: 200,
          y: 0,
          seats: 6,
          shape: 'rectangle',
          sides: [2, 1, 2, 1],
          width: 80,
          height: 40,
        },
      ],
      accessible: [{ row: 'T1', seats: [1] }],
      companion: [{ row: 'T1', seats: [2] }],
      obstructed: [{ row: 'T2', seats: ['3'] }],
      blocked: [{ row: 'T2', seats: [6] }],
    }
    const [round, long] = rowsOf(section)
    expect(round?.seats.map(({ x, y }) => [x, y])).toEqual([
      [0, -30],
      [30, 0],
      [0, 30],
      [-30, 0],
    ])
    expect(round?.seats.map((seat) => [seat.accessible, seat.companion])).toEqual([
      [true, false],
      [false, true],
      [false, false],
      [false, false],
    ])
    expect(long?.seats.map(({ x, y }) => [x, y])).toEqual([
      [180, -20],
      [220, -20],
      [240, 0],
      [220, 20],
      [180, 20],
      [160, 0],
    ])
    expect(long?.seats.map((seat) => [seat.obstructed, seat.blocked]).flatMap(([a, b]) => [a, b])).toEqual(
      [0, 1, 2, 3, 4, 5].flatMap((at) => [at === 2, at === 5]),
    )
  })
})

const group = fc.record(
  {
    rows: fc.integer({ min: 1, max: 12 }),
    seats: fc.integer({ min: 1, max: 40 }),
    spacing: fc.integer({ min: 1, max: 60 }),
    pitch: fc.integer({ min: 1, max: 60 }),
    align: fc.constantFrom('left', 'centre', 'right'),
    radius: fc.integer({ min: 1_000, max: 5_000 }),
    gaps: fc.uniqueArray(fc.record({ after: fc.integer({ min: 1, max: 39 }) }), {
      maxLength: 4,
      selector: (gap) => gap.after,
    }),
    numbering: fc.record({
      from: fc.constantFrom('left', 'right'),
      start: fc.integer({ min: 0, max: 200 }),
      numbers: fc.constantFrom('all', 'odd', 'even'),
    }),
  },
  { requiredKeys: ['rows', 'seats'] },
)
const aTable = fc.record({
  seats: fc.integer({ min: 1, max: 20 }),
  shape: fc.constantFrom('round', 'rectangle'),
  rotation: fc.integer({ min: -360, max: 360 }),
})
const aSection = fc.record({
  rotation: fc.integer({ min: -360, max: 360 }),
  groups: fc.array(group, { minLength: 1, maxLength: 4 }),
  tables: fc.array(aTable, { maxLength: 4 }),
})

/** Sections that keep their distance: what they are made of is anything. */
const drawings = fc.array(aSection, { minLength: 1, maxLength: 4 }).map((sections) =>
  parse(
    sections.map(({ rotation, groups, tables }, at) => ({
      name: `Section ${at}`,
      rotation,
      origin: { x: at * 50_000, y: 0 },
      rows: groups.map((each, index) => ({
        ...each,
        labels: Array.from({ length: each.rows }, (_, row) => `${index}.${row}`),
        y: index * 10_000,
      })),
      tables: tables.map((each, index) => ({ ...each, label: `T${index}`, x: 0, y: -5_000 - index * 5_000 })),
    })),
  ),
)

describe('any drawing', () => {
  it('has as many seats as it says, each row with numbers that are its own, in order, whatever it is made of', () => {
    fc.assert(
      fc.property(drawings, (layout) => {
        const sections = expandLayout(layout)
        expect(sections.flatMap((each) => each.rows.flatMap((row) => row.seats))).toHaveLength(
          countSeats(layout),
        )
        for (const { rows } of sections) {
          expect(new Set(rows.map((row) => row.label)).size).toBe(rows.length)
          for (const { seats } of rows) {
            expect(new Set(seats.map((seat) => seat.number)).size).toBe(seats.length)
            expect(new Set(seats.map(writtenOn)).size).toBe(seats.length)
            const positions = seats.map((seat) => seat.position)
            expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b))
          }
        }
      }),
    )
  })

  it('is drawn the same each time, in whole units, within what its parts can reach', () => {
    fc.assert(
      fc.property(drawings, (layout) => {
        const sections = expandLayout(layout)
        expect(expandLayout(structuredClone(layout))).toEqual(sections)
        const isWhole = (value: number): boolean => Number.isInteger(value) && !Object.is(value, -0)
        const astray = sections.flatMap(({ rows }, at) =>
          rows
            .flatMap((row) => row.seats)
            // Groups reach 31,000 back and 4,800 to the side, tables 20,500 to the front; turning keeps the distance.
            .filter(({ x, y }) => !isWhole(x) || !isWhole(y) || Math.hypot(x - at * 50_000, y) > 45_000),
        )
        expect(astray).toEqual([])
      }),
    )
  })
})
