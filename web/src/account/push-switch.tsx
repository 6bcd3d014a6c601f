import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { PushState } from '../offline/push.ts'
import { useTexts } from '../texts/index.ts'
import { Card } from '../ui/card.tsx'
import { Switch } from '../ui/switch.tsx'
import { usePress } from './press.ts'

/** Loaded beside the page, as few come here and fewer have push. */
const loadPush = async () => {
  const { pushState, enablePush, disablePush } = await import('../offline/push.ts')
  return { pushState, enablePush, disablePush }
}

type Push = Awaited<ReturnType<typeof loadPush>>

/** Whether this browser shows notifications by itself. */
export function PushSwitch() {
  const t = useTexts('settings').preferencesPage
  const push = useSignal<Push | null>(null)
  const state = useSignal<PushState | null>(null)
  const { busy, press } = usePress<'switch'>()
  useEffect(() => {
    const begin = async () => {
      push.value = await loadPush()
      state.value = await push.value.pushState()
    }
    begin().catch(() => undefined) // unknown: the switch waits
  }, [])
  const now = state.value
  const hint = {
    unsupported: t.pushUnsupported,
    unavailable: t.pushUnavailable,
    denied: t.pushDenied,
    away: t.pushAway,
    off: t.pushText,
    on: t.pushText,
  }[now ?? 'off']
  return (
    <Card title={t.pushTitle}>
      <Switch
        label={t.push}
        hint={hint}
        checked={now === 'on'}
        disabled={busy.value !== null || (now !== 'on' && now !== 'off' && now !== 'away')}
        onChange={() =>
          press('switch', async () => {
            if (push.value)
              state.value = await (now === 'on' ? push.value.disablePush() : push.value.enablePush())
          })
        }
      />
    </Card>
  )
}
