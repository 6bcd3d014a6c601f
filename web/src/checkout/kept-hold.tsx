import { useSignal } from '@preact/signals'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Countdown } from '../ui/countdown.tsx'
import { Notice } from '../ui/notice.tsx'
import { type HoldFields, placesHeld } from './holding.ts'

/** What is held already, as from another tab or before a reload: go on with it, or let it go. */
export function KeptHold({ hold, onRelease }: { hold: HoldFields; onRelease(): Promise<void> }) {
  const t = useTexts('checkout').hold
  const over = useSignal(false)
  if (over.value) return null
  return (
    <Notice
      tone="info"
      title={t.yours(placesHeld(hold))}
      actions={
        <>
          <Button variant="primary" href={`/checkout/${hold.id}`}>
            {t.resume}
          </Button>
          <Button variant="quiet" onClick={() => void onRelease()}>
            {t.startOver}
          </Button>
        </>
      }
    >
      {t.timer}{' '}
      <Countdown
        until={hold.expiresAt}
        label={t.timer}
        onEnd={() => {
          over.value = true
        }}
      />
    </Notice>
  )
}
