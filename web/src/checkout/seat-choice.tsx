import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { ApiError } from '../api/api-error.ts'
import type { BuyPageResult } from '../generated/checkout/buy.ts'
import type { SeatPicker } from '../seat-map/seat-picker.tsx'
import { loadTexts, useTexts } from '../texts/index.ts'
import { Skeleton } from '../ui/skeleton.tsx'
import { identify } from './identity.tsx'
import { withFees } from '../ui/with-fees.ts'

interface SeatChoiceProps {
  event: NonNullable<BuyPageResult['event']>
  /** General admission that is held together with the seats. */
  items: { ticketTypeId: string; quantity: number }[]
  accessCode: string
  onHold(hold: { id: string }): void
  /** Whether the page deals with it. */
  onError(error: ApiError): boolean
}

/** The seat map, whose code comes only with an event that has one. */
export function SeatChoice({ event, items, accessCode, onHold, onError }: SeatChoiceProps) {
  const t = useTexts('checkout')
  const partySize = useSignal(2)
  const Picker = useSignal<typeof SeatPicker | null>(null)
  useEffect(() => {
    void Promise.all([import('../seat-map/seat-picker.tsx'), loadTexts(['seat-map'])]).then(
      ([{ SeatPicker }]) => {
        Picker.value = SeatPicker
      },
    )
  }, [])
  return (
    <section aria-labelledby="seats">
      <h2 id="seats">{t.seatsTitle}</h2>
      {Picker.value ? (
        <Picker.value
          eventId={event.id}
          slug={event.slug}
          items={items}
          partySize={partySize}
          accessCode={accessCode || undefined}
          withFees={(lines) => withFees(lines, event.fees ?? [], event.currency)}
          beforeHold={identify}
          onHold={onHold}
          onError={onError}
        />
      ) : (
        <Skeleton shape="picture" />
      )}
    </section>
  )
}
