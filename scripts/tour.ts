import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CHROMIUM_FLAGS, findChromium } from '@karcis/infra/chromium'
import { type Browser, chromium, type Page } from 'playwright-core'
import { demoUsers } from './demo-accounts.ts'
import { ROOT } from './paths.ts'

/**
 * `npm run tour`: buys demo tickets from a platform that runs (`npm start`) and draws the pages on the way for docs/tour.md, at three widths,
 * in both languages and themes.
 */

const PLATFORM = process.env.PUBLIC_URL ?? 'http://localhost:4000'
const DIRECTORY = join(ROOT, 'docs/tour')
const SIZES = {
  phone: { width: 360, height: 740 },
  tablet: { width: 768, height: 900 },
  desk: { width: 1_440, height: 900 },
}
const FILM = '/events/laskar-senja-screening'
const LIMIT_MS = 60_000

interface Look {
  size: keyof typeof SIZES
  language: 'id' | 'en'
  theme: 'light' | 'dark'
}

async function open(browser: Browser, { size, language, theme }: Look): Promise<Page> {
  const context = await browser.newContext({
    baseURL: PLATFORM,
    viewport: SIZES[size],
    locale: language === 'id' ? 'id-ID' : 'en-GB',
    timezoneId: 'Asia/Jakarta',
    colorScheme: theme,
    reducedMotion: 'reduce',
    ...(size === 'phone' && { hasTouch: true, isMobile: true, deviceScaleFactor: 2 }),
  })
  context.setDefaultTimeout(LIMIT_MS)
  return context.newPage()
}

/** Draws what is seen of a page, once nothing of it loads any more. */
async function draw(page: Page, name: string): Promise<void> {
  await page.waitForLoadState('networkidle').catch(() => undefined) // a page that is told of changes is never quite idle
  await page.locator('[aria-busy="true"]:not(button)').first().waitFor({ state: 'detached' })
  await page.screenshot({ path: join(DIRECTORY, `${name}.jpg`), type: 'jpeg', quality: 82 })
  console.log(`${name}: ${page.url()}`)
}

/** Draws pages that anybody sees. */
async function drawPublic(browser: Browser): Promise<void> {
  const shots: [name: string, path: string, look: Look][] = [
    ['home', '/', { size: 'desk', language: 'id', theme: 'light' }],
    ['home-phone', '/', { size: 'phone', language: 'en', theme: 'dark' }],
    ['search', '/search?q=malam', { size: 'tablet', language: 'en', theme: 'light' }],
    ['event', FILM, { size: 'desk', language: 'en', theme: 'light' }],
    ['event-phone', FILM, { size: 'phone', language: 'id', theme: 'light' }],
    ['seat-map', `${FILM}/buy`, { size: 'desk', language: 'en', theme: 'dark' }],
    ['seat-map-phone', `${FILM}/buy`, { size: 'phone', language: 'id', theme: 'light' }],
    ['parts', '/ui', { size: 'desk', language: 'en', theme: 'light' }],
  ]
  for (const [name, path, look] of shots) {
    const page = await open(browser, look)
    await page.goto(path)
    await draw(page, name)
    await page.context().close()
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
  const page = await open(browser, { size: 'phone', language: 'en', theme: 'light' })
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
  await page.setViewportSize(SIZES.tablet)
  await page.goto('/account/preferences')
  await draw(page, 'preferences')
  await page.context().close()
}

/** Opens the scanner of an event as its organizer. */
async function drawDoor(browser: Browser): Promise<void> {
  const [organizer] = demoUsers
  const page = await open(browser, { size: 'phone', language: 'en', theme: 'dark' })
  await signIn(page, organizer)
  await page.goto('/door')
  await draw(page, 'door-phone')
  await page.context().close()
}

const executablePath = findChromium()
if (executablePath === null) throw new Error('There is no Chromium: set CHROMIUM to its program.')
await mkdir(DIRECTORY, { recursive: true })
await using browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS })
await drawPublic(browser)
await drawPurchase(browser)
await drawDoor(browser)
