import { signal } from '@preact/signals'
import { asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { onIdentityChange, session } from '../api/session.ts'
import { AddWish, RemoveWish, WishedIds } from '../generated/discover/wishes.ts'
import { explain } from '../texts/index.ts'
import { notify } from '../ui/toast.ts'

/** Ids of the events that the person has saved last; null while that is not known, or nobody is signed in. */
export const wished = signal<ReadonlySet<string> | null>(null)
let asked = false
onIdentityChange(() => {
  wished.value = null
  asked = false
})

/** Asks once which they are, where somebody is signed in. */
export async function learnWishes(): Promise<void> {
  if (asked || session.value.status !== 'signed-in') return
  asked = true
  try {
    const { me } = await ask(WishedIds, {})
    wished.value = new Set(me?.wishlist?.edges.flatMap(({ node }) => (node ? [node.id] : [])))
  } catch {
    asked = false // the hearts stay empty; pressing one still works
  }
}

/** Saves an event, or no longer where it is saved, and says so in the words given. */
export async function changeWish(
  eventId: string,
  words: { readonly added: string; readonly removed: string },
): Promise<void> {
  const before = wished.value
  const next = new Set(before)
  const saved = next.delete(eventId)
  if (!saved) next.add(eventId)
  wished.value = next
  try {
    await ask<unknown, { eventId: string }>(saved ? RemoveWish : AddWish, { eventId }, { idempotent: true })
    notify(saved ? words.removed : words.added)
  } catch (failure) {
    wished.value = before
    const { title, text } = explain(asApiError(failure))
    notify(`${title}. ${text}`, { tone: 'danger' })
  }
}
