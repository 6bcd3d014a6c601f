import { useTexts } from '../texts/index.ts'
import { IconButton } from '../ui/icon-button.tsx'
import type { Hall } from './engine/hall.ts'
import type { Picking, Totals } from './picking.ts'
import { nameOf, traitsOf } from './seat-names.ts'

interface ChosenListProps<H> {
  picking: Picking<H>
  hall: Hall
  totals: Totals
}

/** Each seat that is chosen: what it is called, what it costs, and how to let go of it. */
export function ChosenList<H>({ picking, hall, totals }: ChosenListProps<H>) {
  const t = useTexts('seat-map')
  const chosen = picking.chosen.value
  return (
    <ul class="chosen-seats__list">
      {chosen.map((seat) => {
        const tier = hall.tiers[hall.tierAt(seat)]
        return (
          <li key={seat} class="chosen-seat">
            <button type="button" class="chosen-seat__name" onClick={() => (picking.looked.value = [seat])}>
              {nameOf(t, hall.plan, seat)}
              {traitsOf(hall.plan, seat).map((trait) => (
                <span key={trait} class="chosen-seat__trait">
                  {t.traits[trait]}
                </span>
              ))}
            </button>
            <span class="figures">{tier && totals.text([tier.price], tier.currency)}</span>
            <IconButton
              icon="close"
              label={t.summary.remove(nameOf(t, hall.plan, seat))}
              onClick={() => picking.choose(chosen.filter((other) => other !== seat))}
            />
          </li>
        )
      })}
    </ul>
  )
}
