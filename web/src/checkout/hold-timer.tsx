import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { ExtendHold } from '../generated/checkout/hold.ts'
import { useTexts } from '../texts/index.ts'
import { time } from '../texts/times.ts'
import { Button } from '../ui/button.tsx'
import { Countdown } from '../ui/countdown.tsx'
import { afterAsking } from './more-time.ts'
import { problemOf } from './problem.ts'

interface HoldTimerProps {
  hold: { id: string; expiresAt: string }
  onExtend(expiresAt: string): void
  onEnd(): void
}

/**
 * How long places are kept, what happens then, and more time for whoever asks. The API makes a hold longer as far as its rules go; once they
 * do not, the button goes.
 */
export function HoldTimer({ hold, onExtend, onEnd }: HoldTimerProps) {
  const t = useTexts('checkout')
  const busy = useSignal(false)
  const said = useSignal('')
  const longest = useSignal(false)
  const refusedAt = useRef<number | null>(null)
  const extend = async () => {
    busy.value = true
    try {
      const { extendHold } = await ask(ExtendHold, { id: hold.id }, { idempotent: true })
      const { expiresAt } = extendHold ?? hold
      const came = afterAsking(hold, { expiresAt }, refusedAt.current, Date.now())
      refusedAt.current = came === 'given' ? null : (refusedAt.current ?? Date.now())
      longest.value = came === 'never'
      said.value = {
        given: t.hold.extended(time(expiresAt)),
        later: t.hold.notYet,
        never: t.hold.notExtended,
      }[came]
      if (came === 'given') onExtend(expiresAt)
    } catch (failure) {
      const error = asApiError(failure)
      if (error.code === 'HOLD_EXPIRED') return onEnd()
      said.value = problemOf(error, t).title
      longest.value = error.code === 'CONFLICT'
    } finally {
      busy.value = false
    }
  }
  return (
    <div class="hold-timer">
      <p class="hold-timer__time">
        <span>{t.hold.timer}</span>{' '}
        <Countdown
          until={hold.expiresAt}
          label={t.hold.timer}
          warn={(seconds) => (seconds > 30 ? t.hold.soon : t.hold.last)}
          onEnd={onEnd}
        />
      </p>
      <p class="hold-timer__end">{t.hold.timerEnd}</p>
      {!longest.value && (
        <Button size="s" busy={busy.value} onClick={() => void extend()}>
          {t.hold.extend}
        </Button>
      )}
      <p class="hold-timer__said" role="status">
        {said.value}
      </p>
    </div>
  )
}
