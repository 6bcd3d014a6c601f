import { nameSchema } from '@karcis/kit/validate'
import { z } from 'zod'

const MAX_ROWS_OF_GROUP = 500
const MAX_SEATS_OF_ROW = 1_000
/** Whatever is drawn stays within so many units of the origin, left and right, front and back. */
export const FARTHEST = 1_000_000

const coordinate = z.int().min(-FARTHEST).max(FARTHEST)
const point = z.strictObject({ x: coordinate, y: coordinate })
const outline = z.array(point).min(3).max(1_000)
const units = z.int().min(1).max(100_000)
const degrees = z.number().min(-360).max(360)
const sign = nameSchema(10)
const label = nameSchema(60)
const floorId = sign.nullish()

/** Seats of one row by what is written on them. */
const places = z
  .array(
    z.strictObject({
      row: sign,
      seats: z
        .array(z.union([sign, z.int()]).transform(String))
        .min(1)
        .max(MAX_SEATS_OF_ROW),
    }),
  )
  .max(10_000)

const numbering = z.strictObject({
  /** From which end of the row, as the audience sees it. */
  from: z.enum(['left', 'right']).default('left'),
  start: z.int().min(0).max(100_000).default(1),
  /** `odd` and `even` begin with the first such number from `start` on. */
  numbers: z.enum(['all', 'odd', 'even']).default('all'),
})

/** Rows one behind the other, drawn by rule. */
const rowGroup = z.strictObject({
  /** Labels of the rows from the front; left out: `rows` labels from `firstLabel` on. */
  labels: z.array(sign).min(1).max(MAX_ROWS_OF_GROUP).nullish(),
  rows: z.int().min(1).max(MAX_ROWS_OF_GROUP).nullish(),
  firstLabel: z
    .string()
    .regex(/^([A-Z]{1,2}|\d{1,4})$/, 'must be letters such as A, or a number')
    .nullish(),
  /** Labels that are left out, such as I and O. */
  skip: z.array(sign).max(100).nullish(),
  seats: z.int().min(1).max(MAX_SEATS_OF_ROW).nullish(),
  /** Instead of `seats`: of each row from the front. */
  seatsByRow: z.array(z.int().min(1).max(MAX_SEATS_OF_ROW)).max(MAX_ROWS_OF_GROUP).nullish(),
  /** Where the first row stands: its left end, its middle or its right end, as `align` says. */
  x: coordinate.default(0),
  y: coordinate.default(0),
  align: z.enum(['left', 'centre', 'right']).default('centre'),
  /** From seat to seat, and from row to row; left out: the size of a seat. */
  spacing: units.nullish(),
  pitch: units.nullish(),
  /** Aisles and gaps, each after so many seats from the left. Who sits on two sides of one does not sit side by side. */
  gaps: z
    .array(z.strictObject({ after: z.int().min(1).max(MAX_SEATS_OF_ROW), width: units.nullish() }))
    .max(100)
    .nullish(),
  /** Rows are arcs around a point so far in front of the first row's middle; left out: they are straight. */
  radius: z.int().min(1).max(FARTHEST).nullish(),
  numbering: numbering.nullish(),
  /** Instead of numbers: what is written on the seats of each row, from the left. */
  seatLabels: z.array(sign).min(1).max(MAX_SEATS_OF_ROW).nullish(),
})

/** A row whose seats stand where they are said to, from the left. */
const placedRow = z.strictObject({
  label: sign,
  seats: z
    .array(
      z.strictObject({
        x: coordinate,
        y: coordinate,
        /** What is written on it; left out: its number. */
        label: sign.nullish(),
        /** Left out: its place in the row, from 1. */
        number: z.int().min(0).max(100_000).nullish(),
        /** Whether an aisle or a gap is between it and the seat before it. */
        gap: z.boolean().nullish(),
      }),
    )
    .min(1)
    .max(MAX_SEATS_OF_ROW),
})

/** Seats around a table. It is a row of its own, with the table's label. */
const table = z.strictObject({
  label: sign,
  x: coordinate,
  y: coordinate,
  seats: z.int().min(1).max(100),
  shape: z.enum(['round', 'rectangle']).default('round'),
  /** Of a round one, to where its seats stand; left out: as it needs to be. */
  radius: units.nullish(),
  /** Of a rectangle, to where its seats stand. They are half in front, half behind, unless `sides` says otherwise. */
  width: units.nullish(),
  height: units.nullish(),
  /** How many seats are in front, to the right, behind and to the left. */
  sides: z.array(z.int().min(0).max(100)).length(4).nullish(),
  rotation: degrees.default(0),
  seatLabels: z.array(sign).min(1).max(100).nullish(),
})

const section = z.strictObject({
  name: label,
  floor: floorId,
  /** Name of the ticket type that its seats are sold as, unless an event says otherwise. */
  priceTier: nameSchema(120).nullish(),
  /** Everything in a section has its own coordinates: they are turned around `origin` by `rotation` (clockwise), and moved there. */
  origin: point.default({ x: 0, y: 0 }),
  rotation: degrees.default(0),
  outline: outline.nullish(),
  rows: z.array(rowGroup).max(500).default([]),
  placedRows: z.array(placedRow).max(2_000).default([]),
  tables: z.array(table).max(2_000).default([]),
  accessible: places.nullish(),
  /** Beside an accessible one, for whoever comes along. */
  companion: places.nullish(),
  obstructed: places.nullish(),
  /** Not for sale on a new map. */
  blocked: places.nullish(),
})

/** A place to stand, by number of people. */
const standing = z.strictObject({
  name: label,
  floor: floorId,
  priceTier: nameSchema(120).nullish(),
  outline,
  capacity: z.int().min(1).max(200_000),
})

/** The drawing of a room's seats, as docs/seat-maps.md documents it, well-formed field by field. */
export const layoutDocument = z.strictObject({
  format: z.literal('karcis-seat-layout/1'),
  /** How many units a seat is wide. */
  seatSize: z.int().min(1).max(10_000).default(20),
  /** Where the audience looks; left out: the middle of the stage. */
  focal: point.nullish(),
  stage: z.strictObject({ outline, label: label.nullish() }).nullish(),
  floors: z
    .array(z.strictObject({ id: sign, name: label }))
    .max(50)
    .default([]),
  sections: z.array(section).max(200).default([]),
  standing: z.array(standing).max(200).default([]),
  labels: z
    .array(
      z.strictObject({
        text: nameSchema(120),
        x: coordinate,
        y: coordinate,
        size: units.nullish(),
        rotation: degrees.default(0),
        floor: floorId,
      }),
    )
    .max(1_000)
    .default([]),
})

export type LayoutDocument = z.infer<typeof layoutDocument>
export type LayoutSection = LayoutDocument['sections'][number]
export type RowGroup = LayoutSection['rows'][number]
export type PlacedRow = LayoutSection['placedRows'][number]
export type Table = LayoutSection['tables'][number]
