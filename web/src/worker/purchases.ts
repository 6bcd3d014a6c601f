import type { Document } from '../api/document.ts'
import { type OutboxEntry, readFact } from '../offline/database.ts'
import { outcomeOf } from '../offline/outcome.ts'
import { type Outcome, sendAll, takeUntold } from '../offline/outbox.ts'
import { toldBy } from '../offline/told.ts'
import { askAsMe, me } from './person.ts'
import { show } from './push.ts'

declare const self: ServiceWorkerGlobalScope

/** Sends what waits, and tells how it ended where no page does. @throws Error while something waits still, so that the browser tries again. */
export async function sendWhatWaits(): Promise<void> {
  const left = await sendAll(send)
  await tell()
  if (left > 0) throw new Error('something waits still')
}

async function send({ document, variables, personId }: OutboxEntry): Promise<Outcome> {
  try {
    if ((await me()).id !== personId) return 'lost' // it goes when the page notices who is here now
    return { answer: await askAsMe(document as Document<unknown, unknown>, variables) }
  } catch (error) {
    return outcomeOf(error)
  }
}

async function tell(): Promise<void> {
  const pages = await self.clients.matchAll({ type: 'window' })
  if (pages.some(({ visibilityState }) => visibilityState === 'visible')) return // that page tells
  if (Notification.permission !== 'granted') return // the next page that opens does
  const language = (await readFact('language')) ?? 'id'
  await Promise.all(
    (await takeUntold()).map((entry) => {
      const { title, body, url } = toldBy(entry, language)
      return show({ title, body, url, tag: `outbox-${entry.key}` })
    }),
  )
}
