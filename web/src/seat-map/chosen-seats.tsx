import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import type { Hall } from './engine/hall.ts'
import type * as laterParts from './later.ts'
import type { Picking, Totals } from './picking.ts'

interface ChosenSeatsProps<H> {
  picking: Picking<H, typeof laterParts>
  hall: Hall
  party: number
  totals: Totals
}

/** What is chosen, what it costs in all, and the way on. */
export function ChosenSeats<H>({ picking, hall, party, totals }: ChosenSeatsProps<H>) {
  const t = useTexts('seat-map')
  const chosen = picking.chosen.value
  const later = picking.later.value
  const currency = hall.tiers[0]?.currency ?? ''
  const total = totals.text(
    chosen.map((seat) => hall.tiers[hall.tierAt(seat)]?.price ?? 0),
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
        later && <later.ChosenList picking={picking} hall={hall} totals={totals} />
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
