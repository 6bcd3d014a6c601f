import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { asApiError } from '../api/api-error.ts'
import { session } from '../api/session.ts'
import { explain, useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { IconButton } from '../ui/icon-button.tsx'
import { notify } from '../ui/toast.ts'
import type * as Wishing from './wishing.ts'

/** Only who is signed in has wishes. Null until that code is there. */
const wishing = signal<typeof Wishing | null>(null)

async function loadWishing(): Promise<typeof Wishing> {
  wishing.value ??= await import('./wishing.ts')
  return wishing.value
}

/** Where to sign in, and to come back from. */
export const signInUrl = (): string =>
  `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`

async function learn(): Promise<void> {
  if (session.value.status === 'signed-in') await (await loadWishing()).learnWishes()
}

interface WishButtonProps {
  event: { readonly id: string; readonly title: string }
  /** With words beside its sign. */
  words?: boolean
}

/** Saves an event, or no longer. Who is not signed in does that first. */
export function WishButton({ event, words }: WishButtonProps) {
  const t = useTexts('discover')
  const { route } = useLocation()
  useEffect(() => void learn().catch(() => undefined), [session.value.user?.id])
  const saved = wishing.value?.wished.value?.has(event.id) ?? false
  const toggle = async () => {
    if (session.value.status !== 'signed-in') return route(signInUrl())
    try {
      await (await loadWishing()).changeWish(event.id, t.wish)
    } catch (failure) {
      notify(explain(asApiError(failure)).title, { tone: 'danger' })
    }
  }
  if (words)
    return (
      <Button icon="heart" aria-pressed={saved} onClick={() => void toggle()}>
        {saved ? t.wish.saved : t.wish.save}
      </Button>
    )
  return (
    <IconButton
      icon="heart"
      label={t.wish.of(event.title)}
      filled={saved}
      aria-pressed={saved}
      onClick={() => void toggle()}
    />
  )
}
