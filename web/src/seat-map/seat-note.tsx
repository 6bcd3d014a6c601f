import { useMemo } from 'preact/hooks'
import { money } from '../texts/format.ts'
import { explain, useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { IconButton } from '../ui/icon-button.tsx'
import { Notice } from '../ui/notice.tsx'
import type { Hall } from './engine/hall.ts'
import { nearestTo } from './engine/nearest.ts'
import type { Note, Offer, Picking } from './picking.ts'
import { nameOf, shortNames } from './seat-names.ts'

interface SeatNoteProps<H> {
  note: Note
  picking: Picking<H>
  hall: Hall
  party: number
}

/** What somebody has to know of their choice, and can do about it. */
export function SeatNote<H>({ note, picking, hall, party }: SeatNoteProps<H>) {
  const t = useTexts('seat-map')
  const { plan } = hall
  const seats = useMemo(() => seatsInstead(note, hall, party), [note])
  const close = <IconButton icon="close" label={t.notes.close} onClick={() => (picking.note.value = null)} />
  const instead = (words: (seats: string) => string) =>
    seats && (
      <Button
        size="s"
        onClick={() => {
          // What replaces seats that are gone comes to those that are still there.
          const all = note.kind === 'gone' ? [...hall.chosen, ...seats] : seats
          picking.choose(all)
          picking.looked.value = all
        }}
      >
        {words(shortNames(t, plan, seats))}
      </Button>
    )
  const take = async ({ seatIds }: Offer) =>
    picking.choose((await picking.desk.value?.find(plan, seatIds)) ?? [])
  switch (note.kind) {
    case 'taken':
    case 'aside':
    case 'mine':
      return <Notice actions={close}>{t.notes[note.kind](nameOf(t, plan, note.seat))}</Notice>
    case 'apart':
      return <Notice actions={close}>{t.notes.apart(party)}</Notice>
    case 'gone':
      return (
        <Notice
          tone="warning"
          title={t.notes.gone.title(shortNames(t, plan, note.seats))}
          actions={
            <>
              {instead(t.notes.gone.nearest)}
              {close}
            </>
          }
        >
          {seats ? hall.chosen.size > 0 && t.notes.gone.text : t.notes.gone.none}
        </Notice>
      )
    case 'orphan':
      return (
        <Notice
          tone="warning"
          title={t.notes.orphan.title(shortNames(t, plan, note.seats))}
          actions={instead(t.notes.orphan.move)}
        >
          {t.notes.orphan.text}
        </Notice>
      )
    case 'limit':
      return (
        <Notice tone="warning" title={t.notes.limit.title(note.limit)} actions={close}>
          {t.notes.limit.text(note.remaining)}
        </Notice>
      )
    case 'soldOut':
      return (
        <Notice
          tone="warning"
          title={t.notes.soldOut.title(hall.tiers[note.tier]?.name ?? '', party)}
          actions={
            <>
              {note.offers.map((offer) => (
                <Button key={offer.seatIds.join()} size="s" onClick={() => void take(offer)}>
                  {t.notes.soldOut.offers[offer.kind]}, {money(offer.total, offer.currency)}
                </Button>
              ))}
              {close}
            </>
          }
        >
          {t.notes.soldOut.text(note.remaining)}
        </Notice>
      )
    case 'error': {
      const { title, text } = explain(note.error)
      return (
        <Notice tone="danger" title={title} actions={close} alert>
          {text}
        </Notice>
      )
    }
  }
}

/** Seats that can be had in place of those that a note is about; null where it is about none, or there are not so many. */
function seatsInstead(note: Note, hall: Hall, party: number): number[] | null {
  if (note.kind !== 'gone' && note.kind !== 'orphan') return null
  const chosen = [...hall.chosen]
  // Where only some are gone the others stay, and what replaces them is beside them if it can be.
  const [near, kept] = note.kind === 'gone' ? [note.seats, chosen] : [chosen, []]
  if (near.length === 0) return null
  const free = (seat: number) =>
    hall.fits(seat) && !(note.kind === 'gone' && note.seats.includes(seat)) && !kept.includes(seat)
  return nearestTo(hall.plan, near, Math.max(1, party - kept.length), free)
}
