import { signal } from '@preact/signals'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { background } from './background.ts'

const online = signal(navigator.onLine)
addEventListener('online', () => (online.value = true))
addEventListener('offline', () => (online.value = false))

/** Says that there is no network, and what works all the same, until there is one. */
export function Connection() {
  const t = useTexts('app')
  return (
    <div class="connection" role="status">
      {!online.value && (
        <p class="page connection__text">
          <Icon name="offline" />
          {t.offline}
        </p>
      )}
    </div>
  )
}

/** Offers the version of the app that waits. */
export function Update() {
  const t = useTexts('app')
  const waits = background.value?.updateReady.value
  return (
    <div class="update" role="status">
      {waits && (
        <div class="update__slip">
          <p>{t.update}</p>
          <Button size="s" variant="primary" onClick={() => background.value?.applyUpdate()}>
            {t.updateNow}
          </Button>
        </div>
      )}
    </div>
  )
}
