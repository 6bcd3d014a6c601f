import type { Geometry, RowGeometry } from '../engine/geometry.ts'
import type { Tier } from '../engine/hall.ts'
import { AVAILABLE, BLOCKED, HELD, SOLD } from '../engine/statuses.ts'

export const HALLS = ['cinema', 'theatre', 'stadium'] as const
export type HallName = (typeof HALLS)[number]

/** A made-up hall: what the API would give of one. */
export interface MadeHall {
  readonly geometry: Geometry
  /** A byte a seat. */
  readonly statuses: Uint8Array
  readonly tierOf: (section: string) => Tier | undefined
}

/** The same numbers, 0 to 1, for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A hall with some of its seats taken, always the same ones. */
export function makeHall(name: HallName): MadeHall {
  const { geometry, prices } = { cinema, theatre, stadium }[name]()
  const random = randomOf(7)
  const statuses = Uint8Array.from({ length: geometry.seatCount }, () => AVAILABLE)
  // People come in parties, so what is taken stands in runs.
  for (let seat = 0; seat < statuses.length; ) {
    const [run, of] = [1 + Math.floor(random() * 6), random()]
    const status = of < 0.3 ? SOLD : of < 0.36 ? HELD : of < 0.37 ? BLOCKED : AVAILABLE
    statuses.fill(status, seat, (seat += run))
  }
  const tiers = new Map(
    Object.entries(prices).map(([tier, price]) => [
      tier,
      { id: tier, name: tier, description: null, price, currency: 'IDR', onSale: true },
    ]),
  )
  return { geometry, statuses, tierOf: (section) => tiers.get(tierNames.get(section) ?? section) }
}

/** What sections are sold as, where that is not their own name. */
const tierNames = new Map<string, string>()

interface Drawing {
  geometry: Geometry
  prices: Record<string, number>
}

function geometryOf(sections: Geometry['sections'], rest: Partial<Geometry>): Geometry {
  const xs = sections.flatMap(({ rows }) => rows.flatMap(({ x }) => x as number[]))
  const ys = sections.flatMap(({ rows }) => rows.flatMap(({ y }) => y as number[]))
  const stage = rest.stage?.outline ?? []
  const edge = (values: number[], of: 'x' | 'y') => {
    let [least, most] = [Infinity, -Infinity]
    for (const value of [...values, ...stage.map((point) => point[of])]) {
      least = Math.min(least, value)
      most = Math.max(most, value)
    }
    return [least, most - least] as const
  }
  const [[x, width], [y, height]] = [edge(xs, 'x'), edge(ys, 'y')]
  return {
    format: 'karcis-seat-geometry/1',
    seatSize: 20,
    seatCount: xs.length,
    bounds: { x, y, width, height },
    stage: null,
    floors: [],
    standing: [],
    labels: [],
    ...rest,
    sections,
  }
}

const letters = (row: number): string =>
  (row >= 26 ? String.fromCharCode(64 + Math.floor(row / 26)) : '') + String.fromCharCode(65 + (row % 26))

const counted = { from: 1, step: 1 }

/** A row on an arc around a point above its middle. */
function arcRow(
  label: string,
  count: number,
  radius: number,
  around: { x: number; y: number },
  aisles: number[],
): RowGeometry {
  const step = 24 / radius
  const angles = Array.from(
    { length: count },
    (_, seat) =>
      (seat - (count - 1) / 2 + aisles.filter((aisle) => seat >= aisle).length - aisles.length / 2) * step,
  )
  return {
    label,
    count,
    x: angles.map((angle) => Math.round(around.x + Math.sin(angle) * radius)),
    y: angles.map((angle) => Math.round(around.y + Math.cos(angle) * radius)),
    numbers: counted,
    ...(aisles.length > 0 && { gaps: aisles }),
  }
}

/** 200 seats: ten straight rows of twenty, an aisle in the middle. */
function cinema(): Drawing {
  const row = (at: number): RowGeometry => ({
    label: letters(at),
    count: 20,
    x: Array.from({ length: 20 }, (_, seat) => (seat - 9.5) * 24 + (seat < 10 ? -18 : 18)),
    y: Array.from({ length: 20 }, () => at * 28),
    numbers: counted,
    gaps: [10],
    ...(at === 9 && { accessible: [0, 1, 18, 19], companion: [2, 17] }),
  })
  const section = (name: string, from: number, rows: number) => ({
    name,
    floor: null,
    outline: null,
    tables: [],
    rows: Array.from({ length: rows }, (_, at) => row(from + at)),
  })
  const screen = [
    { x: -220, y: -70 },
    { x: 220, y: -70 },
    { x: 200, y: -54 },
    { x: -200, y: -54 },
  ]
  const sections = [section('Reguler', 0, 6), section('Sofa', 6, 4)]
  return {
    geometry: geometryOf(sections, { stage: { label: 'Layar', outline: screen } }),
    prices: { Sofa: 125_000, Reguler: 60_000 },
  }
}

/** 1,400 seats: stalls and a balcony of curved rows, boxes at the sides. */
function theatre(): Drawing {
  const focus = { x: 0, y: -420 }
  const curved = (from: number, counts: readonly number[], radius: number, last = '') =>
    counts.map((count, at) => ({
      ...arcRow(`${last}${letters(from + at)}`, count, radius + at * 30, focus, [
        Math.floor(count / 3),
        Math.floor((count * 2) / 3),
      ]),
      ...(at === 0 && from === 0 && { accessible: [0, 1, count - 2, count - 1], companion: [2, count - 3] }),
      ...(at === counts.length - 1 && { obstructed: [0, count - 1] }),
    }))
  const part = (name: string, floor: string, rows: RowGeometry[]) => ({
    name,
    floor,
    outline: null,
    tables: [],
    rows,
  })
  const range = (length: number, first: number, step: number) =>
    Array.from({ length }, (_, at) => first + at * step)
  const boxes = (side: -1 | 1): RowGeometry[] =>
    range(6, 0, 1).map((box) => ({
      label: `${side < 0 ? 'L' : 'R'}${box + 1}`,
      count: 4,
      x: [0, 1, 0, 1].map((seat) => side * (560 + seat * 24 + box * 14)),
      y: [0, 0, 1, 1].map((seat) => -20 + box * 78 + seat * 24),
      numbers: counted,
      gaps: [2],
    }))
  const stage = [
    { x: -260, y: -230 },
    { x: 260, y: -230 },
    { x: 320, y: -70 },
    { x: 0, y: -30 },
    { x: -320, y: -70 },
  ]
  const sections = [
    part('VIP', '0', curved(0, range(6, 28, 2), 470)),
    part('Stalls', '0', curved(6, range(14, 40, 1), 660)),
    part('Boxes', '0', [...boxes(-1), ...boxes(1)]),
    part('Balcony', '1', curved(0, range(9, 52, 2), 1_180, 'B')),
  ]
  return {
    geometry: geometryOf(sections, {
      stage: { label: 'Panggung', outline: stage },
      floors: [
        { id: '0', name: 'Lantai dasar' },
        { id: '1', name: 'Balkon' },
      ],
    }),
    prices: { VIP: 1_500_000, Boxes: 1_200_000, Stalls: 850_000, Balcony: 450_000 },
  }
}

/** 60,000 seats: a bowl of three rings in blocks of 20 by 25, around a pitch with a stage at its end. */
function stadium(): Drawing {
  const sections: Geometry['sections'][number][] = []
  const rings = [
    { tier: 'Ring 1', blocks: 30, from: 900, price: 1 },
    { tier: 'Ring 2', blocks: 40, from: 1_560, price: 2 },
    { tier: 'Ring 3', blocks: 50, from: 2_220, price: 3 },
  ]
  for (const [ring, { tier, blocks, from }] of rings.entries()) {
    for (let block = 0; block < blocks; block++) {
      const middle = (block / blocks) * 2 * Math.PI
      const rows = Array.from({ length: 25 }, (_, row): RowGeometry => {
        const radius = from + row * 24
        // A bowl is longer than it is wide.
        const place = (seat: number) => {
          const angle = middle + ((seat - 9.5) * ((2 * Math.PI) / blocks) * 0.92) / 20
          return [
            Math.round(Math.sin(angle) * radius * 1.12),
            Math.round(Math.cos(angle) * radius * 0.92),
          ] as const
        }
        return {
          label: String(row + 1),
          count: 20,
          x: Array.from({ length: 20 }, (_, seat) => place(seat)[0]),
          y: Array.from({ length: 20 }, (_, seat) => place(seat)[1]),
          numbers: counted,
          ...(row === 0 && { accessible: [0, 19], companion: [1, 18] }),
        }
      })
      const name = String((ring + 1) * 100 + block + 1)
      tierNames.set(name, tier)
      sections.push({ name, floor: null, outline: null, tables: [], rows })
    }
  }
  const stage = [
    { x: -240, y: -560 },
    { x: 240, y: -560 },
    { x: 240, y: -400 },
    { x: -240, y: -400 },
  ]
  return {
    geometry: geometryOf(sections, {
      stage: { label: 'Panggung', outline: stage },
      standing: [
        {
          name: 'Festival',
          floor: null,
          capacity: 8_000,
          outline: [
            { x: -520, y: -340 },
            { x: 520, y: -340 },
            { x: 520, y: 520 },
            { x: -520, y: 520 },
          ],
        },
      ],
    }),
    prices: { 'Ring 1': 950_000, 'Ring 2': 600_000, 'Ring 3': 350_000 },
  }
}
