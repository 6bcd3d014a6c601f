import { RegisterPush } from '../generated/offline/push.ts'
import { askAsMe } from './person.ts'

declare const self: ServiceWorkerGlobalScope

/** As the user subgraph words it, in the person's language. */
interface Pushed {
  title: string
  body: string
  url: string | null
  tag: string
}

const ICON = '/icons/icon-192.png'

/** Shows what was pushed. A push has to be shown, or the browser shows something of its own. */
export function onPush(event: PushEvent): void {
  event.waitUntil(show(pushedIn(event.data) ?? { title: 'Karcis', body: '', url: '/', tag: 'karcis' }))
}

function pushedIn(data: PushMessageData | null): Pushed | null {
  try {
    const pushed = data?.json() as Partial<Pushed> | undefined
    return typeof pushed?.title === 'string'
      ? { title: pushed.title, body: pushed.body ?? '', url: pushed.url ?? null, tag: pushed.tag ?? 'karcis' }
      : null
  } catch {
    return null
  }
}

/** One that is shown replaces what is shown with the same tag. @param url what is opened by it; null for nothing. */
export const show = ({ title, body, url, tag }: Pushed): Promise<void> =>
  self.registration.showNotification(title, { body, tag, icon: ICON, badge: ICON, data: { url } })

/** A notification that is touched goes, and its page comes to the front: in the tab that has it, else in a new one. */
export function onNotificationClick(event: NotificationEvent): void {
  event.notification.close()
  event.waitUntil(open((event.notification.data as { url: string | null } | null)?.url ?? '/'))
}

async function open(url: string): Promise<void> {
  const { href } = new URL(url, self.location.origin)
  const tabs = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const tab = tabs.find((one) => one.url === href)
  await (tab ? tab.focus() : self.clients.openWindow(href))
}

/** A push service has given this browser another address, or taken the one it had. */
export function onSubscriptionChange(event: Event): void {
  const { oldSubscription, newSubscription, waitUntil } = event as PushSubscriptionChangeEvent
  const again = async () => {
    const options = oldSubscription?.options
    const subscription =
      newSubscription ?? (options && (await self.registration.pushManager.subscribe(options)))
    const { endpoint, keys } = subscription?.toJSON() ?? {}
    if (endpoint && keys?.p256dh && keys.auth)
      await askAsMe(RegisterPush, { input: { endpoint, p256dh: keys.p256dh, auth: keys.auth } })
  }
  waitUntil.call(event, again())
}
