import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { onIdentityChange, session } from '../api/session.ts'
import { AddWish, RemoveWish, WishedIds } from '../generated/discover/wishes.ts'
import { explain, useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { IconButton } from '../ui/icon-button.tsx'
import { notify } from '../ui/toast.tsx'

/** Ids of the events that the person has saved last; null while that is not known, or nobody is signed in. */
const wished = signal<ReadonlySet<string> | null>(null)
let asked = false
onIdentityChange(() => {
  wished.value = null
  asked = false
})

/** Where to sign in, and to come back from. */
export const signInUrl = (): string =>
  `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`

async function learn(): Promise<void> {
  if (asked || session.value.status !== 'signed-in') return
  asked = true
  try {
    const { me } = await ask(WishedIds, {})
    wished.value = new Set(me?.wishlist?.edges.flatMap(({ node }) => (node ? [node.id] : [])))
  } catch {
    asked = false // the hearts stay empty; pressing one still works
  }
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
  useEffect(() => void learn(), [session.value.user?.id])
  const saved = wished.value?.has(event.id) ?? false
  const toggle = async () => {
    if (session.value.status !== 'signed-in') return route(signInUrl())
    const before = wished.value
    const next = new Set(before)
    if (saved) next.delete(event.id)
    else next.add(event.id)
    wished.value = next
    try {
      await ask<unknown, { eventId: string }>(
        saved ? RemoveWish : AddWish,
        { eventId: event.id },
        { idempotent: true },
      )
      notify(saved ? t.wish.removed : t.wish.added)
    } catch (failure) {
      wished.value = before
      const { title, text } = explain(asApiError(failure))
      notify(`${title}. ${text}`, { tone: 'danger' })
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
