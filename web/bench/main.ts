import { parseArgs } from 'node:util'
import { CHROMIUM_FLAGS, findChromium } from '@karcis/infra/chromium'
import { type Browser, chromium, type Page } from 'playwright-core'
import { figure, median, spread, table } from '../../bench/router/figures.ts'
import { buildWeb } from '../../scripts/build-web.ts'
import { createVisitor, type Visitor } from '../test/visitor.ts'
import { type Budget, chunkSizes, sizeBudgets } from './budgets.ts'
import { startHiEvents } from './hi-events.ts'
import { type Category, LEAST, lighthousePoints } from './lighthouse.ts'
import { startPlatform } from './platform.ts'
import { type Visit, visit } from './visit.ts'

/**
 * What the web app costs whoever opens it: `npm run bench:web`. Sizes of the build; five visits of each public page by a slow phone (4× slower, slow 4G)
 * with nothing kept; what is missing for whoever cannot see it, on every page, in both languages and themes; Lighthouse's points. With `--hi-events FOLDER` the
 * same event is visited in their front end (hi-events.ts) too. Ends with 1 when a budget is not kept.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: 'sizes,lighthouse,axe,visits' },
    'hi-events': { type: 'string' },
  },
})
const rounds = Number(values.rounds)
const only = values.only.split(',')

/** Of one visit; milliseconds but for the last. */
const MOST = { lcp: 1_800, tbt: 200, inp: 200, cls: 0.05 } as const

const executablePath = findChromium()
if (executablePath === null) throw new Error('There is no Chromium on PATH: set CHROMIUM to where one is.')
await buildWeb()
let kept = true
if (only.includes('sizes')) {
  console.log(
    table(
      ['file', 'bytes gz'],
      chunkSizes().map(([name, bytes]) => [name, figure(bytes)]),
    ),
  )
  showBudgets(sizeBudgets())
}
if (only.some((part) => part !== 'sizes')) {
  await using stack = new AsyncDisposableStack()
  const { origin, slug, organizer } = await startPlatform(stack)
  const publicPages = ['/', '/search', `/events/${slug}`, `/organizers/${organizer}`]
  // First, and with no other browser: it takes whatever else the machine does for work of the page.
  if (only.includes('lighthouse')) await askLighthouse(origin, publicPages)
  const browser = stack.adopt(await chromium.launch({ executablePath, args: CHROMIUM_FLAGS }), (one) =>
    one.close(),
  )
  if (only.includes('axe')) await lookAtAll(browser, origin, publicPages)
  const theirs = values['hi-events']
  if (only.includes('visits'))
    await measureVisits(browser, origin, slug, theirs && (await startHiEvents(stack, theirs, origin, slug)))
}
process.exitCode = kept ? 0 : 1

/** @param theirs address of the event's page in another front end, which no budget is for. */
async function measureVisits(
  browser: Browser,
  origin: string,
  slug: string,
  theirs: string | undefined,
): Promise<void> {
  const pages: [name: string, address: string, act: ((page: Page) => Promise<void>) | undefined][] = [
    ['home', `${origin}/`, openMenu],
    ['event', `${origin}/events/${slug}`, undefined],
    ['search', `${origin}/search`, openMenu],
  ]
  if (theirs) pages.push(['event in Hi.Events', theirs, undefined])
  const rows: string[][] = []
  const budgets: Budget[] = []
  for (const [name, address, act] of pages) {
    await visit(browser, address) // what is kept by the server is kept from here on, as on any day
    const visits: Visit[] = []
    for (let round = 0; round < rounds; round++) visits.push(await visit(browser, address, act))
    const of = (key: keyof Visit): number[] => visits.map((one) => one[key])
    rows.push([
      name,
      ...(['requests', 'bytes', 'scriptBytes', 'styleBytes'] as const).map((key) => figure(median(of(key)))),
      ...(['lcp', 'tbt', 'inp', 'cls'] as const).map((key) => spread(of(key))),
    ])
    if (address === theirs) continue
    for (const [key, most] of Object.entries(MOST))
      budgets.push({
        what: `${name}, ${key}`,
        measured: median(of(key as keyof Visit)),
        most,
        unit: key === 'cls' ? '' : 'ms',
      })
  }
  console.log(table(['page', 'requests', 'bytes', 'scripts', 'styles', 'LCP', 'TBT', 'INP', 'CLS'], rows))
  showBudgets(budgets.filter(({ measured }) => !Number.isNaN(measured)))
}

async function askLighthouse(origin: string, paths: readonly string[]): Promise<void> {
  const names = Object.keys(LEAST) as Category[]
  const rows: string[][] = []
  for (const path of paths) {
    const { points, lost } = await lighthousePoints(origin + path, rounds)
    rows.push([path, ...names.map((name) => String(points[name])), lost.join('; ')])
    kept &&= names.every((name) => (points[name] ?? 0) >= LEAST[name])
  }
  console.log(table(['page', ...names.map((name) => `${name} (${LEAST[name]})`), 'lost by'], rows))
}

/** Opens the first thing on the page that opens. */
async function openMenu(page: Page): Promise<void> {
  await page.locator('button[popovertarget], button[aria-haspopup]').first().tap()
}

async function lookAtAll(browser: Browser, origin: string, publicPages: readonly string[]): Promise<void> {
  const others = ['/wishlist', '/sign-in', '/sign-up', '/tickets', '/account', '/door', '/ui']
  const paths = [...publicPages, ...others]
  const problems: string[] = []
  for (const language of ['id', 'en'] as const)
    for (const theme of ['light', 'dark'] as const) {
      await using visitor = await createVisitor(browser, origin, { language, theme, width: 'phone' })
      visitor.expectProblem(/./) // what the console says is what tests are for
      for (const path of paths)
        problems.push(
          ...(await lookAt(visitor, path)).map((problem) => `${path} ${language} ${theme}: ${problem}`),
        )
    }
  console.log(
    problems.length === 0
      ? `axe: nothing on ${paths.length} pages in 2 languages and 2 themes`
      : problems.join('\n'),
  )
  kept &&= problems.length === 0
}

async function lookAt({ page, accessibility }: Visitor, path: string): Promise<string[]> {
  await page.goto(path, { waitUntil: 'networkidle' })
  return accessibility()
}

function showBudgets(budgets: readonly Budget[]): void {
  const rows = budgets.map(({ what, measured, most, unit }) => {
    const isKept = measured <= most
    kept &&= isKept
    return [what, `${figure(measured)} ${unit}`, `${most} ${unit}`, isKept ? 'kept' : 'NOT KEPT']
  })
  console.log(`\n${table(['', 'measured', 'at most', ''], rows)}\n`)
}
