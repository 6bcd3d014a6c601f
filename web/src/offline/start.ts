import { effect } from '@preact/signals'
import { onIdentityChange, session } from '../api/session.ts'
import { language } from '../texts/language.ts'
import { notify } from '../ui/toast.ts'
import { belongTo, writeFact } from './database.ts'
import { takeUntold } from './outbox.ts'
import { renewPush } from './push.ts'
import { sendWaiting, watchQueue } from './queue.ts'
import { toldBy } from './told.ts'
import { startWorker } from './worker.ts'

/** What this device remembers and does by itself, begun once the first page stands. @param go shows a page of the app. */
export async function startOffline(go: (url: string) => void): Promise<void> {
  await startWorker('/worker.js').catch(() => undefined) // without it the app needs a network
  await forgetOthers().catch(() => undefined) // a browser that keeps nothing
  onIdentityChange(() => void forgetOthers().catch(() => undefined))
  effect(() => {
    const chosen = language.value
    void writeFact('language', chosen).catch(() => undefined)
  })
  watchQueue(() => void tell(go).catch(() => undefined))
  if (session.value.user) void renewPush().catch(() => undefined)
}

/** What is of a person goes with them; what waits is sent for whoever is here. */
async function forgetOthers(): Promise<void> {
  await belongTo(session.value.user?.id ?? null)
  await sendWaiting()
}

/** Tells how requests ended that nobody waited for, in the page that is seen. */
async function tell(go: (url: string) => void): Promise<void> {
  if (document.visibilityState !== 'visible') return
  for (const entry of await takeUntold()) {
    const { tone, title, body, url } = toldBy(entry, language.value)
    notify(`${title}. ${body}`, { tone, action: { label: OPEN[language.value], run: () => go(url) } })
  }
}

const OPEN = { id: 'Buka', en: 'Open' } as const
