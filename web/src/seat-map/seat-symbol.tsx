import type { Look } from './engine/hall.ts'
import { markOf, WHEELCHAIR } from './canvas/sprites.ts'
import { TIER_COLOURS } from './canvas/palette.ts'

/** A seat as the map draws it, for words beside it. */
export function SeatSymbol({
  look,
  tier = 0,
  accessible,
}: {
  look: Look
  tier?: number
  accessible?: boolean
}) {
  return (
    <svg
      class={`seat-symbol seat-symbol--${look}`}
      data-tier={(tier % TIER_COLOURS) + 1}
      viewBox="0 0 24 24"
      aria-hidden="true"
    >
      {look === 'sold' ? (
        <rect class="seat-symbol__body" x="7" y="7" width="10" height="10" rx="4" />
      ) : (
        <rect class="seat-symbol__body" x="2" y="2" width="20" height="20" rx="6" />
      )}
      {look === 'free' && markOf(tier) !== '' && <path class="seat-symbol__mark" d={markOf(tier)} />}
      {accessible && <path class="seat-symbol__line" d={WHEELCHAIR} />}
      {(look === 'chosen' || look === 'mine') && <path class="seat-symbol__line" d="M7 12.5l3.5 3.5 6.5-8" />}
      {look === 'held' && <path class="seat-symbol__line" d="M8 12h8" />}
    </svg>
  )
}
