import { useSignal } from '@preact/signals'
import { useLocation } from 'preact-iso'
import { asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { session } from '../api/session.ts'
import { useQuery } from '../api/use-query.ts'
import { Follow, Followed, Unfollow } from '../generated/discover/organizer.ts'
import { explain, useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { notify } from '../ui/toast.ts'
import { signInUrl } from './wishes.tsx'

/** Follows an organizer, or no longer. */
export function FollowButton({
  organizer,
}: {
  organizer: { readonly id: string; readonly slug: string; readonly name: string }
}) {
  const t = useTexts('event')
  const { route } = useLocation()
  const isHere = session.value.status === 'signed-in'
  const { data } = useQuery(Followed, isHere ? { slug: organizer.slug } : null)
  const changed = useSignal<boolean | null>(null)
  const follows = changed.value ?? data.value?.organizer?.followed ?? false
  if (session.value.user?.id === organizer.id) return null
  const toggle = async () => {
    if (!isHere) return route(signInUrl())
    changed.value = !follows
    try {
      await ask<unknown, { id: string }>(
        follows ? Unfollow : Follow,
        { id: organizer.id },
        { idempotent: true },
      )
      notify(follows ? t.follow.ended(organizer.name) : t.follow.begun(organizer.name))
    } catch (failure) {
      changed.value = follows
      notify(explain(asApiError(failure)).title, { tone: 'danger' })
    }
  }
  return (
    <Button size="s" icon={follows ? 'check' : 'plus'} aria-pressed={follows} onClick={() => void toggle()}>
      {follows ? t.follow.follows : t.follow.follow}
    </Button>
  )
}
