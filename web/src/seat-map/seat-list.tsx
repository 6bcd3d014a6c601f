import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { Select } from '../ui/select.tsx'
import { seatLabel } from './engine/geometry.ts'
import type { Hall } from './engine/hall.ts'
import { blocksOf } from './engine/nearest.ts'
import { freeRuns, seatsOf } from './engine/neighbours.ts'
import type { Picking, Totals } from './picking.ts'
import { traitsOf } from './seat-names.ts'

/** What is said aloud of a section waits so long: a busy sale would talk without end. */
const SAID_EVERY_MS = 8_000

interface SeatListProps<H> {
  picking: Picking<H>
  party: number
  totals: Totals
}

/** Section, row, seats, one after the other, in the browser's own lists: the way to choose without seeing the map, and without a canvas. */
export function SeatList<H>({ picking, party, totals }: SeatListProps<H>) {
  const t = useTexts('seat-map')
  const section = useSignal('')
  const row = useSignal('')
  const block = useSignal('')
  const said = useSignal('')
  void picking.version.value
  const hall = picking.hall.value
  const at = section.value === '' ? -1 : Number(section.value)
  const free = hall && at !== -1 ? freeIn(hall, at) : 0
  const rows = hall && at !== -1 ? rowsOf(hall, at, party) : []
  const chosenRow = rows.find(({ index }) => String(index) === row.value)
  const blocks = hall && chosenRow ? blocksOf(hall.plan, chosenRow.row, party, hall.fits) : []
  const chosenBlock = blocks.find(({ first }) => String(first) === block.value) ?? blocks[0]
  const name = hall?.plan.sections[at]?.name ?? ''
  const left = at === -1 ? '' : t.list.left(name, free)
  useSayLater(left, said)

  if (!hall) return null
  const label = (seat: number) => {
    const traits = traitsOf(hall.plan, seat).map((trait) => t.traits[trait])
    return traits.length > 0
      ? `${seatLabel(hall.plan, seat)} (${traits.join(', ')})`
      : seatLabel(hall.plan, seat)
  }
  const take = () => {
    if (!chosenBlock) return
    const seats = seatsOf(chosenBlock)
    picking.choose(seats)
    picking.looked.value = seats
  }
  return (
    <div class="seat-list">
      <Field label={t.list.section}>
        <Select
          value={section.value}
          options={[
            { value: '', label: t.list.choose },
            ...hall.plan.sections.flatMap(({ name }, index) => {
              const tier = hall.tiers[hall.tierOfSection(index)]
              if (!tier?.onSale) return []
              const price = totals.text([tier.price], tier.currency)
              const label = t.list.sectionOption(name, price, freeIn(hall, index))
              return [{ value: String(index), label }]
            }),
          ]}
          onChange={({ currentTarget }) => {
            section.value = currentTarget.value
            row.value = block.value = ''
          }}
        />
      </Field>
      {at !== -1 && rows.length === 0 && <p>{free === 0 ? t.list.none(name) : t.list.apart(name, party)}</p>}
      {rows.length > 0 && (
        <Field label={t.list.row}>
          <Select
            value={row.value}
            options={[
              { value: '', label: t.list.choose },
              ...rows.map(({ index, row: { label }, choices }) => ({
                value: String(index),
                label: t.list.rowOption(t.rowName(label), choices, party),
              })),
            ]}
            onChange={({ currentTarget }) => {
              row.value = currentTarget.value
              block.value = ''
            }}
          />
        </Field>
      )}
      {chosenBlock && (
        <>
          <Field label={t.list.seats(party)}>
            <Select
              value={String(chosenBlock.first)}
              options={blocks.map(({ first, count }) => ({
                value: String(first),
                label: t.block(label(first), label(first + count - 1)),
              }))}
              onChange={({ currentTarget }) => {
                block.value = currentTarget.value
              }}
            />
          </Field>
          <Button onClick={take}>{t.list.take}</Button>
        </>
      )}
      <p class="visually-hidden" role="status">
        {said.value}
      </p>
    </div>
  )
}

/** Free seats of a section that fit the filter. */
function freeIn(hall: Hall, section: number): number {
  const { accessible, tier, maxPrice } = hall.filter
  if (!accessible && tier === null && maxPrice === null) return hall.freeOfSection[section] ?? 0
  const { first = 0, count = 0 } = hall.plan.sections[section] ?? {}
  let free = 0
  for (let seat = first; seat < first + count; seat++) if (hall.fits(seat)) free += 1
  return free
}

/** Rows of a section in which the party can sit side by side, and in how many places. */
function rowsOf(hall: Hall, section: number, party: number) {
  const { firstRow = 0, rowCount = 0 } = hall.plan.sections[section] ?? {}
  return hall.plan.rows.slice(firstRow, firstRow + rowCount).flatMap((row, at) => {
    if (!freeRuns(hall.plan, row, hall.fits).some(({ count }) => count >= party)) return []
    return [{ index: firstRow + at, row, choices: blocksOf(hall.plan, row, party, hall.fits).length }]
  })
}

/** Says a text some time after it has changed, the last of several only. */
function useSayLater(text: string, said: { value: string }): void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const latest = useRef(text)
  latest.current = text
  useEffect(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined
      said.value = latest.current
    }, SAID_EVERY_MS)
  }, [text])
  useEffect(() => () => clearTimeout(timer.current), [])
}
