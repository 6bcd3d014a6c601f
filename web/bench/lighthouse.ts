import { freePort } from '@karcis/infra/setup'
import { CHROMIUM_FLAGS, findChromium } from '@karcis/infra/chromium'
import { chromium } from 'playwright-core'
import { installPeers, peer } from '../../bench/router/peers.ts'
import { SETTLE_MS } from './visit.ts'

/** What Lighthouse gives points for, and how many of 100 each must come to. */
export const LEAST = { performance: 95, accessibility: 100, 'best-practices': 100, seo: 100 } as const

export type Category = keyof typeof LEAST

/** What of Lighthouse's answer is read. */
interface Result {
  lhr: {
    categories: Partial<
      Record<Category, { score: number | null; auditRefs: { id: string; weight: number }[] }>
    >
    audits: Record<string, { score: number | null; title: string; displayValue?: string }>
  }
}

type Lighthouse = (address: string, flags: object) => Promise<Result | undefined>

export interface Points {
  /** Of 100; of those that were asked for. */
  points: Partial<Record<Category, number>>
  /** What cost points, in words. */
  lost: string[]
}

/**
 * Lighthouse's points for a page, as on its phone: slow 4G and 4× CPU, both computed from a run without them. Of so many runs the one in the middle, as its makers
 * advise, in a browser that has opened the page before, with its window and fonts; Lighthouse forgets all that the page keeps. No graphics card is
 * emulated, as that takes more from a small machine than a card would take off it.
 */
export async function lighthousePoints(address: string, rounds: number): Promise<Points> {
  installPeers()
  const { default: lighthouse } = (await import(peer('node_modules/lighthouse/core/index.js'))) as {
    default: Lighthouse
  }
  const port = await freePort()
  const browser = await chromium.launchPersistentContext('', {
    executablePath: findChromium() ?? '',
    args: [...CHROMIUM_FLAGS, `--remote-debugging-port=${port}`, '--disable-gpu'],
  })
  try {
    const [page = await browser.newPage()] = browser.pages()
    await page.goto(address, { waitUntil: 'networkidle' })
    await page.goto('about:blank')
    await page.waitForTimeout(SETTLE_MS)
    const ask = async (categories: readonly string[]): Promise<Points> => {
      const result = await lighthouse(address, { port, logLevel: 'error', onlyCategories: categories })
      if (!result) throw new Error(`Lighthouse gave nothing for ${address}`)
      return pointsOf(result)
    }
    const { performance: _, ...others } = LEAST
    const rest = await ask(Object.keys(others))
    // By itself: what is looked at for the others takes its time while the page loads.
    const runs: Points[] = []
    while (runs.length < rounds) runs.push(await ask(['performance']))
    runs.sort((one, other) => (one.points.performance ?? 0) - (other.points.performance ?? 0))
    const middle = runs.at(Math.floor(rounds / 2)) ?? rest
    return { points: { ...rest.points, ...middle.points }, lost: [...rest.lost, ...middle.lost] }
  } finally {
    await browser.close()
  }
}

function pointsOf({ lhr: { categories, audits } }: Result): Points {
  const points: Points['points'] = {}
  const lost: string[] = []
  for (const name of Object.keys(LEAST) as Category[]) {
    const category = categories[name]
    if (!category) continue
    points[name] = Math.round((category.score ?? 0) * 100)
    for (const { id, weight } of category.auditRefs) {
      const audit = audits[id]
      const isLost = weight > 0 && audit && audit.score !== null && audit.score < 0.9
      if (isLost) lost.push(`${name}: ${audit.title} ${audit.displayValue ?? ''}`.trim())
    }
  }
  return { points, lost }
}
