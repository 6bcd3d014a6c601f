import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { background } from './background.ts'

const online = signal(true)

/** Says that there is no network, and what works all the same, until there is one. */
export function Connection() {
  const t = useTexts('app')
  useEffect(() => {
    const look = () => (online.value = navigator.onLine)
    look()
    for (const change of ['online', 'offline']) addEventListener(change, look)
    return () => {
      for (const change of ['online', 'offline']) removeEventListener(change, look)
    }
  }, [])
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
