import { nameSchema } from '@karcis/kit/validate'
import { z } from 'zod'

const MAX_SEATS = 50_000

export interface SeatPosition {
  row: string
  number: number
}

/** A block of rows of one length; labels are complete, whatever the input left out. */
export interface SeatSection {
  name: string
  rows: number
  seatsPerRow: number
  rowLabels: string[]
  accessibleSeats: SeatPosition[]
  priceTier: string | null
}

/** Where the seats of a room stand, as stored in `rooms.seat_layout`. */
export interface SeatLayout {
  sections: SeatSection[]
}

/** Seats of all sections together. */
export const seatCount = (layout: SeatLayout | null): number =>
  (layout?.sections ?? []).reduce((sum, section) => sum + section.rows * section.seatsPerRow, 0)

const side = z.number().int().min(1, 'must be from 1 to 200').max(200, 'must be from 1 to 200')
const position = z.object({ row: nameSchema(8), number: z.number().int().min(1, 'must be at least 1') })

const sectionSchema = z
  .object({
    name: nameSchema(40),
    rows: side,
    seatsPerRow: side,
    rowLabels: z.array(nameSchema(8)).nullish(),
    accessibleSeats: z.array(position).max(2000, 'are too many').nullish(),
    priceTier: nameSchema(40).nullish(),
  })
  .transform(
    (section): SeatSection => ({
      ...section,
      rowLabels: section.rowLabels ?? Array.from({ length: section.rows }, (_, index) => rowLabel(index)),
      accessibleSeats: section.accessibleSeats ?? [],
      priceTier: section.priceTier ?? null,
    }),
  )
  .superRefine((section, ctx) => {
    const { rows, seatsPerRow, rowLabels, accessibleSeats } = section
    const problem = (path: (string | number)[], message: string) =>
      ctx.addIssue({ code: 'custom', path, message })
    if (rowLabels.length !== rows) problem(['rowLabels'], `must be as many as rows (${rows})`)
    if (new Set(rowLabels).size !== rowLabels.length) problem(['rowLabels'], 'must be distinct')
    const labels = new Set(rowLabels)
    const seen = new Set<string>()
    for (const [index, seat] of accessibleSeats.entries()) {
      const key = `${seat.row}\n${seat.number}`
      if (!labels.has(seat.row) || seat.number > seatsPerRow)
        problem(['accessibleSeats', index], 'is not a seat of this section')
      else if (seen.has(key)) problem(['accessibleSeats', index], 'is given twice')
      seen.add(key)
    }
  })

/** Checks a layout as clients send it and completes it. */
export const seatLayoutSchema: z.ZodType<SeatLayout> = z
  .object({ sections: z.array(sectionSchema).min(1, 'needs at least one').max(100, 'must be at most 100') })
  .superRefine((layout, ctx) => {
    const names = layout.sections.map((section) => section.name)
    if (new Set(names).size !== names.length) {
      ctx.addIssue({ code: 'custom', path: ['sections'], message: 'must have distinct names' })
    }
    if (seatCount(layout) > MAX_SEATS) {
      ctx.addIssue({
        code: 'custom',
        path: ['sections'],
        message: `must have at most ${MAX_SEATS} seats together`,
      })
    }
  })

/** A, B … Z, AA, AB …, as theatres letter their rows. @param index from 0. */
export function rowLabel(index: number): string {
  const last = String.fromCharCode(65 + (index % 26))
  return index < 26 ? last : rowLabel(Math.floor(index / 26) - 1) + last
}
