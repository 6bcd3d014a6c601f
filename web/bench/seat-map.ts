import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Browser, chromium, type Page } from 'playwright-core'
import { preview } from 'vite'
import { SETTLE_MS } from './visit.ts'

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
const VIEWPORT = { width: 1440, height: 900 }
/** Fewer seats in sight say nothing about how long drawing them takes. */
const LEAST_SEATS = 300
const PAN_STEPS = 150
const LIVE_SECONDS = 6

/** What was asked for: milliseconds of each thing measured, of all rounds together. */
type Samples = Map<string, number[]>

const add = (samples: Samples, name: string, values: readonly number[]): void => {
  samples.set(name, [...(samples.get(name) ?? []), ...values])
}

/** Runs in the page before anything else: how long each frame's scripts took, and when frames came. */
function watchFrames(): void {
  const seen: { at: number; scripts: number }[] = []
  const request = globalThis.requestAnimationFrame.bind(globalThis)
  globalThis.requestAnimationFrame = (callback) =>
    request((now) => {
      const began = performance.now()
      callback(now)
      const last = seen.at(-1)
      const scripts = performance.now() - began
      if (last?.at === now) last.scripts += scripts
      else seen.push({ at: now, scripts })
    })
  Object.assign(globalThis, { takeFrames: () => seen.splice(0) })
}

const takeFrames = (page: Page): Promise<{ at: number; scripts: number }[]> =>
  page.evaluate(() =>
    (globalThis as unknown as { takeFrames(): { at: number; scripts: number }[] }).takeFrames(),
  )

async function open(browser: Browser, url: string, slowdown: number): Promise<Page> {
  const page = await browser.newPage({ viewport: VIEWPORT, locale: 'id-ID' })
  page.on('pageerror', (error) => {
    throw error
  })
  await page.addInitScript(watchFrames)
  await page.waitForTimeout(SETTLE_MS)
  const session = await page.context().newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown })
  await page.goto(url)
  await settled(page)
  return page
}

const settled = async (page: Page): Promise<void> => {
  await page.waitForSelector('canvas[data-settled]', { timeout: 120_000 })
}

/** @throws Error when too few seats are in sight for what follows to mean anything. */
async function requireSeats(page: Page, what: string): Promise<number> {
  const seats = Number(await page.locator('canvas').getAttribute('data-seats'))
  if (!(seats >= LEAST_SEATS))
    throw new Error(`${what}: ${seats} seats in sight, at least ${LEAST_SEATS} are needed`)
  return seats
}

/** Drags the map to and fro. */
async function pan(page: Page, samples: Samples, name: string): Promise<void> {
  await settled(page)
  const seats = await requireSeats(page, name)
  const box = await page.locator('canvas').boundingBox()
  if (!box) throw new Error('the map is not in sight')
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
  await page.mouse.move(x, y)
  await page.mouse.down()
  await takeFrames(page)
  for (let step = 1; step <= PAN_STEPS; step++)
    await page.mouse.move(
      x + Math.sin(step / 12) * box.width * 0.4,
      y + Math.cos(step / 17) * box.height * 0.3,
    )
  const frames = await takeFrames(page)
  await page.mouse.up()
  const label = `${name} (${seats} seats)`
  add(
    samples,
    `${label}: scripts a frame`,
    frames.map(({ scripts }) => scripts),
  )
  add(samples, `${label}: from frame to frame`, gaps(frames))
  await settled(page)
}

/** Some four times nearer, towards where seats are: the middle of a stadium has none. */
async function zoomIn(page: Page): Promise<void> {
  const box = await page.locator('canvas').boundingBox()
  if (!box) throw new Error('the map is not in sight')
  await page.mouse.move(box.x + box.width * 0.25, box.y + box.height * 0.5)
  await page.mouse.wheel(0, -600)
}

const gaps = (frames: readonly { at: number }[]): number[] =>
  frames.slice(1).map(({ at }, before) => at - (frames[before]?.at ?? at))

async function round(browser: Browser, url: string, samples: Samples): Promise<void> {
  for (const slowdown of [1, 4]) {
    const page = await open(browser, `${url}?hall=stadium`, slowdown)
    await requireSeats(page, 'first draw')
    const drawn = await page.evaluate(() =>
      performance.getEntriesByName('seat-map:first-draw', 'measure').map((entry) => entry.duration),
    )
    add(samples, `first draw, ${slowdown}× CPU`, drawn)
    await page.close()
  }
  const page = await open(browser, `${url}?hall=stadium`, 1)
  await pan(page, samples, 'pan, all in sight')
  for (const name of ['pan, a part', 'pan, some blocks']) {
    await zoomIn(page)
    await pan(page, samples, name)
  }
  await page.close()

  const live = await open(browser, `${url}?hall=stadium&live`, 1)
  await takeFrames(live)
  await live.waitForTimeout(LIVE_SECONDS * 1000)
  const frames = await takeFrames(live)
  add(
    samples,
    '1,000 changes a second: scripts a frame',
    frames.map(({ scripts }) => scripts),
  )
  add(samples, '1,000 changes a second: from frame to frame', gaps(frames))
  const longest = Math.max(...gaps(frames))
  if (frames.length < LIVE_SECONDS || longest >= 1000)
    throw new Error(`a second was dropped: ${longest} ms without a frame`)
  await live.close()
}

const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN

/** Prints what drawing a hall of 60,000 seats takes in Chromium, on the built app. `--rounds 5`. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } })
  const root = join(import.meta.dirname, '..')
  if (!existsSync(join(root, 'dist/index.html'))) throw new Error('build the app first: npm run build:web')
  const server = await preview({
    root,
    configFile: join(root, 'vite.config.ts'),
    preview: { port: 0 },
    logLevel: 'error',
  })
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-background-networking'],
  })
  try {
    const samples: Samples = new Map()
    const url = new URL('/ui/seat-map', server.resolvedUrls?.local[0]).href
    for (let at = 0; at < Number(values.rounds); at++) await round(browser, url, samples)
    console.log(`${'milliseconds'.padEnd(64)}${['p50', 'p95', 'n'].map((name) => name.padStart(9)).join('')}`)
    for (const [name, list] of samples) {
      const sorted = list.toSorted((a, b) => a - b)
      const figures = [
        quantile(sorted, 0.5).toFixed(1),
        quantile(sorted, 0.95).toFixed(1),
        String(sorted.length),
      ]
      console.log(`${name.padEnd(64)}${figures.map((figure) => figure.padStart(9)).join('')}`)
    }
  } finally {
    await browser.close()
    await server.close()
  }
}

await main()
