import { constants, setPriority } from 'node:os'
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
    categories: Record<Category, { score: number | null; auditRefs: { id: string; weight: number }[] }>
    audits: Record<string, { score: number | null; title: string; displayValue?: string }>
  }
}

type Lighthouse = (address: string, flags: object) => Promise<Result | undefined>

export interface Points {
  /** Of 100. */
  points: Record<Category, number>
  /** What cost points, in words. */
  lost: string[]
}

/**
 * Lighthouse's points for a page, as on its phone: slow 4G and 4× CPU, both computed from a run without them. Of so many runs the one in the middle, as its makers
 * advise, in a browser that has opened the page before, with its window and fonts; Lighthouse forgets all that the page keeps. It stands back behind the browser, which on
 * a phone is alone; and so does a graphics card, which there would only be played.
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
    setPriority(constants.priority.PRIORITY_LOW)
    const results: Points[] = []
    while (results.length < rounds) {
      const result = await lighthouse(address, {
        port,
        logLevel: 'error',
        onlyCategories: Object.keys(LEAST),
      })
      if (!result) throw new Error(`Lighthouse gave nothing for ${address}`)
      results.push(pointsOf(result))
    }
    results.sort((one, other) => one.points.performance - other.points.performance)
    return results[Math.floor(rounds / 2)] as Points
  } finally {
    setPriority(constants.priority.PRIORITY_NORMAL)
    await browser.close()
  }
}

function pointsOf({ lhr: { categories, audits } }: Result): Points {
  const names = Object.keys(LEAST) as Category[]
  const points = Object.fromEntries(
    names.map((name) => [name, Math.round((categories[name].score ?? 0) * 100)]),
  ) as Points['points']
  const lost = names.flatMap((name) =>
    categories[name].auditRefs.flatMap(({ id, weight }) => {
      const audit = audits[id]
      const isLost = weight > 0 && audit && audit.score !== null && audit.score < 0.9
      return isLost ? [`${name}: ${audit.title} ${audit.displayValue ?? ''}`.trim()] : []
    }),
  )
  return { points, lost }
}
