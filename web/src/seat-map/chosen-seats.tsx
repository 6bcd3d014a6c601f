import { explain, useTexts } from '../texts/index.ts'
import { money } from '../texts/format.ts'
import { Button } from '../ui/button.tsx'
import { IconButton } from '../ui/icon-button.tsx'
import { Notice } from '../ui/notice.tsx'
import type { Hall } from './engine/hall.ts'
import type { Note, Picking, Totals } from './picking.ts'
import { traitsOf } from './seat-canvas.tsx'
import { nameOf, shortNames } from './seat-names.ts'

interface ChosenSeatsProps<H> {
  picking: Picking<H>
  hall: Hall
  party: number
  totals: Totals
}

/** What is chosen, what it costs in all, and the way on. */
export function ChosenSeats<H>({ picking, hall, party, totals }: ChosenSeatsProps<H>) {
  const t = useTexts('seat-map')
  const chosen = picking.chosen.value
  const tierOf = (seat: number) => hall.tiers[hall.tierAt(seat)]
  const currency = hall.tiers[0]?.currency ?? ''
  const total = totals.text(
    chosen.map((seat) => tierOf(seat)?.price ?? 0),
    currency,
  )
  return (
    <section class="chosen-seats" aria-label={t.summary.title}>
      <p class="visually-hidden" role="status">
        {chosen.length > 0 && `${t.summary.chosen(chosen.length)} ${total}`}
      </p>
      {chosen.length === 0 ? (
        <p class="chosen-seats__hint">{t.summary.empty(party)}</p>
      ) : (
        <ul class="chosen-seats__list">
          {chosen.map((seat) => (
            <li key={seat} class="chosen-seat">
              <button type="button" class="chosen-seat__name" onClick={() => picking.lookAt([seat])}>
                {nameOf(t, hall.plan, seat)}
                {traitsOf(hall.plan, seat).map((trait) => (
                  <span key={trait} class="chosen-seat__trait">
                    {t.traits[trait]}
                  </span>
                ))}
              </button>
              <span class="figures">{totals.text([tierOf(seat)?.price ?? 0], currency)}</span>
              <IconButton
                icon="close"
                label={t.summary.remove(nameOf(t, hall.plan, seat))}
                onClick={() => picking.choose(chosen.filter((other) => other !== seat))}
              />
            </li>
          ))}
        </ul>
      )}
      <div class="chosen-seats__foot">
        {chosen.length > 0 && (
          <p class="chosen-seats__total">
            <span>{t.summary.total}</span> <strong class="figures">{total}</strong>
            {totals.withFees && <span class="chosen-seats__fees">{t.withFees}</span>}
            {chosen.length < party && (
              <span class="chosen-seats__fees">{t.summary.more(party - chosen.length)}</span>
            )}
          </p>
        )}
        <Button
          variant="primary"
          size="l"
          wide
          disabled={chosen.length === 0}
          busy={picking.busy.value === 'chosen'}
          onClick={() => void picking.hold()}
        >
          {t.summary.continue}
        </Button>
      </div>
    </section>
  )
}

/** What somebody has to know of their choice, and can do about it. */
export function SeatNote<H>({ picking, hall, party }: Omit<ChosenSeatsProps<H>, 'totals'>) {
  const note = picking.note.value
  return (
    <div aria-live="polite">
      {note && <NoteText note={note} picking={picking} hall={hall} party={party} />}
    </div>
  )
}

function NoteText<H>({ note, picking, hall, party }: Omit<ChosenSeatsProps<H>, 'totals'> & { note: Note }) {
  const t = useTexts('seat-map')
  const { plan } = hall
  const close = <IconButton icon="close" label={t.notes.close} onClick={() => (picking.note.value = null)} />
  const instead = (seats: readonly number[], words: (seats: string) => string) => (
    <Button
      size="s"
      onClick={() => {
        // What replaces seats that are gone comes to those that are still there.
        const all = note.kind === 'gone' ? [...hall.chosen, ...seats] : seats
        picking.choose(all)
        picking.lookAt(all)
      }}
    >
      {words(shortNames(t, plan, seats))}
    </Button>
  )
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
              {note.instead && instead(note.instead, t.notes.gone.nearest)}
              {close}
            </>
          }
        >
          {note.instead ? hall.chosen.size > 0 && t.notes.gone.text : t.notes.gone.none}
        </Notice>
      )
    case 'orphan':
      return (
        <Notice
          tone="warning"
          title={t.notes.orphan.title(shortNames(t, plan, note.seats))}
          actions={note.instead && instead(note.instead, t.notes.orphan.move)}
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
                <Button key={offer.seatIds.join()} size="s" onClick={() => void picking.takeOffer(offer)}>
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
