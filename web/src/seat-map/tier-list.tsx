import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { Select } from '../ui/select.tsx'
import { Switch } from '../ui/switch.tsx'
import { letterOf } from './canvas/sprites.ts'
import { ACCESSIBLE, hasFlag } from './engine/geometry.ts'
import type { Hall } from './engine/hall.ts'
import type { Picking, Totals } from './picking.ts'
import { SeatSymbol } from './seat-symbol.tsx'

interface TierListProps<H> {
  picking: Picking<H>
  hall: Hall
  party: number
  totals: Totals
}

/** What seats cost, how many are left, the best of each in one tap; and what the map shows. */
export function TierList<H>({ picking, hall, party, totals }: TierListProps<H>) {
  const t = useTexts('seat-map')
  void picking.version.value
  const { filter } = hall
  return (
    <section class="seat-tiers" aria-label={t.tiers}>
      <ul class="seat-tiers__list">
        {hall.tiers.map((tier, at) => {
          const free = hall.freeOfTier(at)
          const shown = filter.tier === null || filter.tier === at
          return (
            <li key={tier.id} class={shown ? 'seat-tier' : 'seat-tier seat-tier--aside'}>
              <button
                type="button"
                class="seat-tier__show"
                aria-pressed={filter.tier === at}
                title={t.only(tier.name)}
                disabled={hall.tiers.length < 2}
                onClick={() => picking.show({ ...filter, tier: filter.tier === at ? null : at }, hall.floor)}
              >
                <SeatSymbol look="free" tier={at} />
                <span class="seat-tier__name">
                  {hall.tiers.length > 1 && <span class="seat-tier__letter">{letterOf(at)}</span>} {tier.name}
                </span>
                <span class="seat-tier__price figures">{totals.text([tier.price], tier.currency)}</span>
                <span class="seat-tier__left figures">{tier.onSale ? t.tierLeft(free) : t.notOnSale}</span>
              </button>
              {tier.onSale && free >= party && (
                <Button
                  size="s"
                  busy={picking.busy.value === tier.id}
                  aria-label={t.bestOf(party, tier.name)}
                  onClick={() => void picking.holdBest(at)}
                >
                  {t.best(party)}
                </Button>
              )}
            </li>
          )
        })}
      </ul>
      <Filters picking={picking} hall={hall} totals={totals} />
    </section>
  )
}

function Filters<H>({ picking, hall, totals }: Omit<TierListProps<H>, 'party'>) {
  const t = useTexts('seat-map')
  const { filter, plan, tiers } = hall
  const prices = [...new Set(tiers.map(({ price }) => price))]
  const hasAccessible = plan.flags.some((_, seat) => hasFlag(plan, seat, ACCESSIBLE))
  if (!hasAccessible && prices.length < 3) return null
  return (
    <div class="seat-filters" role="group" aria-label={t.filters.title}>
      {hasAccessible && (
        <Switch
          label={
            <>
              <SeatSymbol look="free" accessible /> {t.filters.accessible}
            </>
          }
          checked={filter.accessible}
          onChange={({ currentTarget }) =>
            picking.show({ ...filter, accessible: currentTarget.checked }, hall.floor)
          }
        />
      )}
      {prices.length > 2 && (
        <Field label={t.filters.maxPrice}>
          <Select
            value={String(filter.maxPrice ?? '')}
            options={[
              { value: '', label: t.filters.anyPrice },
              ...prices.slice(1).map((price) => ({
                value: String(price),
                label: totals.text([price], tiers[0]?.currency ?? ''),
              })),
            ]}
            onChange={({ currentTarget: { value } }) =>
              picking.show({ ...filter, maxPrice: value === '' ? null : Number(value) }, hall.floor)
            }
          />
        </Field>
      )}
    </div>
  )
}
