import { ask } from '../api/ask.ts'
import { MyPushBrowsers, PushKey, RegisterPush, RemovePush } from '../generated/offline/push.ts'

/**
 * `unsupported`: this browser has none, as one that is not installed on a telephone of Apple's. `unavailable`: the platform sends none.
 * `denied`: the person has forbidden it, and can allow it in the browser's settings only. `away`: the browser cannot reach its own push service.
 */
export type PushState = 'unsupported' | 'unavailable' | 'denied' | 'away' | 'off' | 'on'

const isSupported = (): boolean =>
  'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window

/** Whether this browser is told by web push. @throws ApiError. */
export async function pushState(): Promise<PushState> {
  if (!isSupported()) return 'unsupported'
  if (Notification.permission === 'denied') return 'denied'
  const subscription = await subscribed()
  if (subscription && Notification.permission === 'granted') return 'on'
  return (await ask(PushKey, {})).pushPublicKey === null ? 'unavailable' : 'off'
}

/** Asks the person, so call it from their tap; then this browser is told what is for them. @throws ApiError. */
export async function enablePush(): Promise<PushState> {
  if (!isSupported()) return 'unsupported'
  const { pushPublicKey: key } = await ask(PushKey, {})
  if (key === null || key === undefined) return 'unavailable'
  if ((await Notification.requestPermission()) !== 'granted')
    return Notification.permission === 'denied' ? 'denied' : 'off'
  try {
    await register(await subscribe(key))
    return 'on'
  } catch (error) {
    if (error instanceof DOMException) return 'away'
    throw error
  }
}

/** This browser is told nothing any more. @throws ApiError. */
export async function disablePush(): Promise<PushState> {
  const subscription = await subscribed()
  if (!subscription) return pushState()
  const { pushSubscriptions } = await ask(MyPushBrowsers, {})
  const mine = pushSubscriptions?.edges.find(({ node }) => node.current)
  if (mine) await ask(RemovePush, { id: mine.node.id })
  await subscription.unsubscribe()
  return 'off'
}

/** Says again where this browser is to be told, since it may have become somebody else's, or the platform's key another. Once, when the app opens. */
export async function renewPush(): Promise<void> {
  if (!isSupported() || Notification.permission !== 'granted' || !(await subscribed())) return
  const { pushPublicKey: key } = await ask(PushKey, {})
  if (key) await register(await subscribe(key))
}

async function subscribed(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration()
  return (await registration?.pushManager.getSubscription()) ?? null
}

/** A subscription by this key; one by another key reaches nobody any more. */
async function subscribe(key: string): Promise<PushSubscription> {
  const { pushManager } = await navigator.serviceWorker.ready
  const before = await pushManager.getSubscription()
  if (before && keyOf(before) === key) return before
  await before?.unsubscribe()
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
}

function keyOf({ options }: PushSubscription): string {
  const bytes = new Uint8Array(options.applicationServerKey ?? new ArrayBuffer(0))
  return btoa(String.fromCodePoint(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

async function register(subscription: PushSubscription): Promise<void> {
  const { endpoint, keys } = subscription.toJSON()
  if (endpoint && keys?.p256dh && keys.auth)
    await ask(RegisterPush, { input: { endpoint, p256dh: keys.p256dh, auth: keys.auth } })
}
