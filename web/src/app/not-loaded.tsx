import { useTexts } from '../texts/index.ts'
import { useTitle } from '../texts/title.ts'
import { Button } from '../ui/button.tsx'

/** In place of a page whose code did not load: the network broke, or a newer version of the app is there and this code is gone. It needs no code of its own. */
export function NotLoaded() {
  const t = useTexts('app')
  useTitle(t.failed.title)
  return (
    <div class="page page-message">
      <h1>{t.failed.title}</h1>
      <p>{t.failed.text}</p>
      <p>
        <Button variant="primary" onClick={() => location.reload()}>
          {t.updateNow}
        </Button>
      </p>
    </div>
  )
}
