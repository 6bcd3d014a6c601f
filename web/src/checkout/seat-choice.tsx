import { useSignal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import type { ApiError } from '../api/api-error.ts'
import { useTexts } from '../texts/index.ts'
import { Skeleton } from '../ui/skeleton.tsx'
import type { EventForSale } from './choice.tsx'
import { identify } from './identity.tsx'
import { withFees } from '../ui/with-fees.ts'

interface SeatChoiceProps {
  event: EventForSale
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
  const Picker = useSignal<ComponentType<any> | null>(null)
  useEffect(() => {
    for (const load of Object.values(import.meta.glob('../seat-map/seat-picker.tsx')))
      void load().then((code) => {
        Picker.value = (code as { SeatPicker: ComponentType }).SeatPicker
      })
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
          withFees={(lines: { unitPrice: number; quantity: number }[]) =>
            withFees(lines, event.fees ?? [], event.currency)
          }
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
