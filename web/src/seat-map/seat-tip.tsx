import { useLayoutEffect, useRef } from 'preact/hooks'
import { useTexts } from '../texts/index.ts'
import type { Hall } from './engine/hall.ts'
import type { Totals } from './picking.ts'
import { nameOf, traitsOf } from './seat-names.ts'

/** Where the mouse is, in CSS pixels of the map, and over which seat. */
export interface Hover {
  readonly seat: number
  readonly x: number
  readonly y: number
}

/** What there is to know of the seat under the mouse. For eyes only: in the lists it stands as text. */
export function SeatTip({
  hall,
  hover: { seat, x, y },
  totals,
}: {
  hall: Hall
  hover: Hover
  totals: Totals
}) {
  const t = useTexts('seat-map')
  const box = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const [tip, frame] = [box.current, box.current?.parentElement]
    if (!tip || !frame) return
    const left = Math.min(Math.max(x - tip.offsetWidth / 2, 8), frame.clientWidth - tip.offsetWidth - 8)
    const above = y - tip.offsetHeight - 18
    tip.style.setProperty('inset-inline-start', `${left}px`)
    tip.style.setProperty('inset-block-start', `${above < 8 ? y + 22 : above}px`)
  })
  const look = hall.lookOf(seat)
  const tier = hall.tiers[hall.tierAt(seat)]
  return (
    <div class="seat-tip" ref={box} aria-hidden="true">
      <p class="seat-tip__name">{nameOf(t, hall.plan, seat)}</p>
      {look === 'free' || look === 'chosen' ? (
        tier && (
          <p>
            {tier.name}, <strong class="figures">{totals.text([tier.price], tier.currency)}</strong>
          </p>
        )
      ) : (
        <p>{t.looks[look]}</p>
      )}
      {traitsOf(hall.plan, seat).map((trait) => (
        <p key={trait} class="seat-tip__trait">
          {t.traits[trait]}
        </p>
      ))}
    </div>
  )
}
