import { generateKeyPairSync } from 'node:crypto'
import { type Browser as PushBrowser, type PushService, startPushService } from '@karcis/stand-ins/push'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { concert, createBooking, pay, type Person, signUp, signUpOrganizer } from '../../e2e/test/builders.ts'
import { byPassword, confirmAddress, enter, followMail, PATIENCE, signUpAt } from './people.ts'
import { describeInBrowser, openStage, type Stage } from './stage.ts'
import type { Visitor } from './visitor.ts'

describeInBrowser('somebody who is told of things', () => {
  let stage: Stage
  let push: PushService
  let organizer: Person
  let sale: Awaited<ReturnType<typeof concert>>

  beforeAll(async () => {
    stage = await openStage(async (_, stack) => {
      push = stack.use(await startPushService())
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      return {
        NODE_ENV: 'development',
        PUSH_PRIVATE_KEY: privateKey.export({ format: 'jwk' }).d,
        PUSH_CONTACT: 'mailto:ops@karcis.example',
      }
    })
    organizer = await signUpOrganizer(stage, stage.admin)
    sale = await concert(stage, stage.admin, organizer, { price: 50_000, quota: 100 })
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  async function buy(person: Person): Promise<string> {
    const { createBooking: booking } = await createBooking(stage, person, {
      ticketTypeId: sale.typeId,
      quantity: 1,
    })
    await pay(stage, person, booking.id)
    return booking.id
  }

  const invite = (email: string) =>
    stage.run(
      'mutation ($id: ID!, $email: String!) { addEventStaff(eventId: $id, email: $email, roles: [DOOR]) { id } }',
      { id: sale.eventId, email },
      organizer.token,
    )

  it('chooses by which ways, in which language and when not; and reads what comes while they look', async () => {
    const person = await signUp(stage, 'Oka')
    await using visitor = await stage.visit({ language: 'en', width: 'phone' })
    const { page } = visitor
    await enter(page, person)
    await page.goto('/account/preferences')
    const reminders = page.getByRole('checkbox', { name: 'Reminders by E-mail' })
    expect(await page.getByRole('checkbox', { name: 'Safety of the account by E-mail' }).isDisabled()).toBe(
      true,
    )
    await reminders.uncheck()
    await page.getByLabel('From').fill('22:00')
    await page.getByLabel('Until').fill('06:30')
    await page.getByRole('combobox', { name: 'Time zone' }).selectOption('Asia/Makassar')
    await page.getByRole('combobox', { name: 'Language of messages' }).selectOption('Bahasa Indonesia')
    expect(await visitor.accessibility()).toEqual([])
    visitor.expectProblem(/ERR_INTERNET_DISCONNECTED/)
    await visitor.offline(true)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('alert').waitFor()
    await visitor.offline(false)
    await page.getByRole('button', { name: 'Save' }).click() // with all that was chosen
    await page.getByText('Saved.').waitFor()
    await page.reload()
    await reminders.waitFor()
    expect(await reminders.isChecked()).toBe(false)
    expect(await page.getByLabel('Until').inputValue()).toBe('06:30')
    expect(await page.getByRole('combobox', { name: 'Time zone' }).inputValue()).toBe('Asia/Makassar')

    await page.goto('/account/notifications')
    await page.getByText('No notifications yet').waitFor()
    await buy(person)
    const bought = page.getByRole('article').filter({ hasText: `Tiket Anda untuk ${sale.title}` })
    await bought.waitFor(PATIENCE)
    await page.getByText('1 not read').waitFor()
    expect(await visitor.accessibility()).toEqual([])
    await bought.getByRole('button', { name: 'Mark as read' }).click()
    await page.getByText('0 not read').waitFor()
    await bought.getByRole('link', { name: 'Lihat tiket' }).click()
    await page.getByText(sale.title).first().waitFor()
    await page.goto('/account/notifications')
    await page.getByText('0 not read').waitFor()
  })

  it('has their tickets announced on the screen, in a browser that is told by push, and opens them by a tap there', async () => {
    const person = await signUp(stage, 'Puspa')
    await using visitor = await stage.visit({ language: 'en' })
    const { page, context } = visitor
    await enter(page, person)
    await context.grantPermissions(['notifications'], { origin: stage.origin })
    const browser = await subscribeAt(visitor, push)
    await page.goto('/account/preferences')
    await page.evaluate(() => navigator.serviceWorker.ready)
    const inBrowser = page.getByRole('switch', { name: 'Show notifications here' })
    await inBrowser.click()
    await expect.poll(() => browser.current?.keys.endpoint, PATIENCE).toContain(push.url)
    expect(await visitor.accessibility()).toEqual([])
    await page.reload()
    await expect.poll(() => inBrowser.isChecked(), PATIENCE).toBe(true)

    const bookingId = await buy(person)
    await expect.poll(() => browser.current?.received.length, PATIENCE).toBe(1)
    await deliver(visitor, browser.current?.received[0]?.text ?? '')
    await expect.poll(() => shown(page), PATIENCE).toEqual([`Your tickets for ${sale.title}`])
    const opened = await tap(visitor)
    expect(opened).toBe(`${stage.origin}/bookings/${bookingId}`)
    expect(await shown(page)).toEqual([])
    await page.goto(opened)
    await page.getByText(sale.title).first().waitFor()

    await page.goto('/account/preferences')
    await inBrowser.click()
    await expect.poll(() => browser.current, PATIENCE).toBeNull()
    const { pushSubscriptions } = await stage.run('{ pushSubscriptions { totalCount } }', {}, person.token)
    expect(pushSubscriptions.totalCount).toBe(0)
  })

  it('is invited to work for an event: with the wrong account told so, with the right one in', async () => {
    const [wrong, right] = [await signUp(stage, 'Rudi'), await signUp(stage, 'Sekar')]
    await using visitor = await stage.visit({ language: 'en', width: 'phone' })
    visitor.expectProblem(/403/)
    await confirmAddress(visitor, right.email)
    await invite(right.email)
    const page = await followMail(visitor, right.email, /You are asked to work/, 'See the invitation')
    await page.getByRole('heading', { name: 'An invitation to work for an event' }).waitFor()
    expect(await visitor.accessibility(page)).toEqual([])
    await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click()
    await byPassword(page, wrong.email)
    await page.getByText('You are signed in as Rudi.').waitFor()
    await page.getByRole('button', { name: 'Accept the invitation' }).click()
    await page.getByText('This invitation was sent to another address').waitFor()
    expect(await visitor.accessibility(page)).toEqual([])
    await page.getByRole('button', { name: 'Use another account' }).click()
    await byPassword(page, right.email)
    await page.getByText('You are signed in as Sekar.').waitFor()
    await page.getByRole('button', { name: 'Accept the invitation' }).click()
    await page.getByRole('heading', { name: `You now work for ${sale.title}` }).waitFor()
    await page.getByRole('link', { name: 'Open the scanner' }).click()
    await page.getByText(sale.title).first().waitFor()
  })

  it('is invited without an account: makes one, confirms the address, and is in; or says no', async () => {
    const email = 'tegar@karcis.test'
    await invite(email)
    await using visitor = await stage.visit({ language: 'en' })
    visitor.expectProblem(/403/)
    const page = await followMail(visitor, email, /You are asked to work/, 'See the invitation')
    await page.getByRole('link', { name: 'Make an account' }).click()
    await signUpAt(page, 'Tegar', email)
    await page.getByRole('button', { name: 'Accept the invitation' }).click()
    await page.getByText('your address is not confirmed yet').waitFor()
    await confirmAddress(visitor, email)
    await page.getByRole('button', { name: 'Accept the invitation' }).click()
    await page.getByRole('heading', { name: `You now work for ${sale.title}` }).waitFor()

    const other = 'umi@karcis.test'
    await invite(other)
    const declining = await followMail(visitor, other, /You are asked to work/, 'See the invitation')
    await declining.getByRole('button', { name: 'Decline' }).click()
    await declining.getByRole('heading', { name: 'You declined the invitation' }).waitFor()
    expect(await visitor.accessibility(declining)).toEqual([])
  })
})

/** The subscription of a browser, as the push service has it. */
interface Subscribed {
  current: PushBrowser | null
}

/** Has a browser subscribe at our push service: Chromium here reaches none of its own. Everything on both sides of that is as it is. */
async function subscribeAt({ context }: Visitor, push: PushService): Promise<Subscribed> {
  const subscribed: Subscribed = { current: null }
  await context.exposeFunction('atPushService', (key: string | null, end: boolean) => {
    if (key !== null) subscribed.current = push.subscribe(key)
    if (end) {
      subscribed.current?.unsubscribe()
      subscribed.current = null
    }
    return subscribed.current && { key, ...subscribed.current.keys }
  })
  await context.addInitScript(() => {
    type Kept = { endpoint: string; p256dh: string; auth: string }
    const { atPushService } = globalThis as unknown as {
      atPushService(key: string | null, end: boolean): Promise<Kept | null>
    }
    const subscriptionOf = (kept: Kept | null) => {
      const key = localStorage.getItem('push-key') ?? ''
      const bytes = Uint8Array.from(atob(key.replaceAll('-', '+').replaceAll('_', '/')), (one) =>
        one.charCodeAt(0),
      )
      return (
        kept && {
          options: { applicationServerKey: bytes.buffer },
          toJSON: () => ({ endpoint: kept.endpoint, keys: { p256dh: kept.p256dh, auth: kept.auth } }),
          unsubscribe: async () => (await atPushService(null, true)) === null,
        }
      )
    }
    Object.assign(PushManager.prototype, {
      getSubscription: async () => subscriptionOf(await atPushService(null, false)),
      async subscribe({ applicationServerKey }: { applicationServerKey: string }) {
        localStorage.setItem('push-key', applicationServerKey)
        return subscriptionOf(await atPushService(applicationServerKey, false))
      },
    })
  })
  return subscribed
}

/** Gives the worker what has come, as the browser does once it has decrypted it. */
async function deliver({ context, page }: Visitor, data: string): Promise<void> {
  const devtools = await context.newCDPSession(page)
  const registered = new Promise<string>((resolve) => {
    devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations: [first] }) => {
      if (first) resolve(first.registrationId)
    })
  })
  await devtools.send('ServiceWorker.enable')
  const { origin } = new URL(page.url())
  await devtools.send('ServiceWorker.deliverPushMessage', { origin, registrationId: await registered, data })
}

/** Titles of what is shown now. */
const shown = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready
    return (await registration.getNotifications()).map(({ title }) => title)
  })

/** What a tap needs of the worker's globals. */
interface WorkerScope extends EventTarget {
  registration: ServiceWorkerRegistration
  clients: object
  NotificationEvent: new (type: string, init: { notification: Notification }) => Event
}

/** Taps on what is shown. Gives what the worker has opened: a tap by a script opens no window, which browsers leave to people. */
async function tap({ context }: Visitor): Promise<string> {
  const [worker] = context.serviceWorkers()
  if (!worker) throw new Error('no worker runs')
  return await worker.evaluate(async () => {
    const scope = globalThis as unknown as WorkerScope
    const [notification] = await scope.registration.getNotifications()
    if (!notification) throw new Error('nothing is shown')
    return await new Promise<string>((resolve) => {
      Object.assign(scope.clients, { openWindow: (url: string) => Promise.resolve(resolve(url)) })
      scope.dispatchEvent(new scope.NotificationEvent('notificationclick', { notification }))
    })
  })
}
