import { OUTBOX_SYNC } from '../offline/outbox.ts'
import { onNotificationClick, onPush, onSubscriptionChange } from './push.ts'
import { sendWhatWaits } from './purchases.ts'
import { cleanShell, fromShell, keepShell } from './shell.ts'

/** What stands in for the page while it is away. It imports nothing at all when it starts; the browser ends it whenever it likes. */
declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: readonly [{ url: string }] }

/** Where the list of the build's files is: the build has written it here (vite.config.ts). */
const LIST = `/${self.__WB_MANIFEST[0].url}`

self.addEventListener('install', (event) => event.waitUntil(keepShell(LIST)))

self.addEventListener('activate', (event) =>
  event.waitUntil(cleanShell(LIST).then(() => self.clients.claim())),
)

self.addEventListener('fetch', (event) => {
  const answer = fromShell(event)
  if (answer) event.respondWith(answer)
})

// The person has said that the new version may begin: their pages load anew.
self.addEventListener('message', (event) => {
  if (event.data === 'begin') void self.skipWaiting()
})

self.addEventListener('push', onPush)
self.addEventListener('notificationclick', onNotificationClick)
self.addEventListener('pushsubscriptionchange', onSubscriptionChange)

self.addEventListener('sync', (event) => {
  const sync = event as ExtendableEvent & { tag: string }
  if (sync.tag === OUTBOX_SYNC) sync.waitUntil(sendWhatWaits())
})
