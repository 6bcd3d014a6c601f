import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { notify } from '../ui/toast.ts'

/** Hands the page's address on: by the device's own way where it has one, else it is copied. */
export function ShareButton({ title, path }: { title: string; path: string }) {
  const t = useTexts('event')
  const share = async () => {
    const url = new URL(path, location.href).href
    try {
      if ('share' in navigator) return await navigator.share({ title, url })
    } catch (refused) {
      if (refused instanceof DOMException && refused.name === 'AbortError') return // they changed their mind
    }
    try {
      await navigator.clipboard.writeText(url)
      notify(t.share.copied)
    } catch {
      notify(t.share.byHand(url), { tone: 'info' })
    }
  }
  return (
    <Button icon="share" onClick={() => void share()}>
      {t.share.button}
    </Button>
  )
}
