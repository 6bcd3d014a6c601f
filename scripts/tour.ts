import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CHROMIUM_FLAGS, findChromium } from '@karcis/infra/chromium'
import { type Browser, chromium, type Page } from 'playwright-core'
import { createVisitor, type Visitor, type VisitorOptions, WIDTHS } from '../web/test/visitor.ts'
import { demoUsers } from './demo-accounts.ts'
import { ROOT } from './paths.ts'

/**
 * `npm run tour`: buys demo tickets from a platform that runs (`npm start`) and draws the pages on the way for docs/tour.md, at three widths,
 * in both languages and themes.
 */

const PLATFORM = process.env.PUBLIC_URL ?? 'http://localhost:4000'
const DIRECTORY = join(ROOT, 'docs/tour')
const FILM = '/events/laskar-senja-screening'
const LIMIT_MS = 60_000

/** Somebody who comes by, and sees no moving parts. */
async function come(browser: Browser, look: VisitorOptions): Promise<Visitor> {
  const visitor = await createVisitor(browser, PLATFORM, { ...look, context: { reducedMotion: 'reduce' } })
  visitor.context.setDefaultTimeout(LIMIT_MS)
  return visitor
}

/** Draws what is seen of a page, once nothing of it loads any more. */
async function draw(page: Page, name: string): Promise<void> {
  await page.waitForLoadState('networkidle').catch(() => undefined) // a page that is told of changes is never quite idle
  await page.locator('[aria-busy="true"]:not(button)').first().waitFor({ state: 'detached' })
  await page.locator('canvas:not([data-settled])').waitFor({ state: 'detached' }) // a map is sharp a moment after it is there
  await page.screenshot({ path: join(DIRECTORY, `${name}.jpg`), type: 'jpeg', quality: 82 })
  console.log(`${name}: ${page.url()}`)
}

/** Draws pages that anybody sees. */
async function drawPublic(browser: Browser): Promise<void> {
  const shots: [name: string, path: string, look: VisitorOptions][] = [
    ['home', '/', { width: 'desk', language: 'id', theme: 'light' }],
    ['home-phone', '/', { width: 'phone', language: 'en', theme: 'dark' }],
    ['search', '/search?q=malam', { width: 'tablet', language: 'en', theme: 'light' }],
    ['event', FILM, { width: 'desk', language: 'en', theme: 'light' }],
    ['event-phone', FILM, { width: 'phone', language: 'id', theme: 'light' }],
    ['seat-map', `${FILM}/buy`, { width: 'desk', language: 'en', theme: 'dark' }],
    ['seat-map-phone', `${FILM}/buy`, { width: 'phone', language: 'id', theme: 'light' }],
    ['parts', '/ui', { width: 'desk', language: 'en', theme: 'light' }],
  ]
  for (const [name, path, look] of shots) {
    await using visitor = await come(browser, look)
    await visitor.page.goto(path)
    await draw(visitor.page, name)
  }
}

async function signIn(page: Page, { email, password }: { email: string; password: string }): Promise<void> {
  await page.goto('/sign-in')
  await page.getByRole('textbox', { name: 'E-mail' }).fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'))
}

/** Buys two seats as somebody who has an account, and draws what they see. */
async function drawPurchase(browser: Browser): Promise<void> {
  const [, buyer] = demoUsers
  await using visitor = await come(browser, { width: 'phone', language: 'en', theme: 'light' })
  const { page } = visitor
  await signIn(page, buyer)
  await page.goto(`${FILM}/buy`)
  await page.getByRole('button', { name: /Best \d+ in Premium/ }).click()
  await page.getByRole('button', { name: 'Go on to payment' }).click()
  await page.getByRole('button', { name: /^Pay IDR/ }).waitFor()
  await draw(page, 'checkout-phone')
  await page.getByRole('button', { name: /^Pay IDR/ }).click() // by the balance
  await page.getByRole('heading', { name: 'You have your tickets' }).waitFor()
  await draw(page, 'bought-phone')
  await page.goto('/tickets')
  await draw(page, 'tickets-phone')
  await page.locator('main a[href^="/tickets/"]').first().click()
  await page.getByRole('img', { name: /code/i }).waitFor()
  await draw(page, 'ticket-phone')
  await page.setViewportSize({ width: WIDTHS.tablet, height: 900 })
  await page.goto('/account/preferences')
  await draw(page, 'preferences')
}

/** Opens the scanner of an event as its organizer. */
async function drawDoor(browser: Browser): Promise<void> {
  const [organizer] = demoUsers
  await using visitor = await come(browser, { width: 'phone', language: 'en', theme: 'dark' })
  const { page } = visitor
  await signIn(page, organizer)
  await page.goto('/door')
  await draw(page, 'door-phone')
}

const executablePath = findChromium()
if (executablePath === null) throw new Error('There is no Chromium: set CHROMIUM to its program.')
await mkdir(DIRECTORY, { recursive: true })
await using browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS })
await drawPublic(browser)
await drawPurchase(browser)
await drawDoor(browser)
