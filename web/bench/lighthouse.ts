import { setTimeout as sleep } from 'node:timers/promises'
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

/** Lighthouse's points for a page, as on its phone: slow 4G and 4× CPU, both computed from a run without them. */
export async function lighthousePoints(address: string): Promise<Points> {
  installPeers()
  const { default: lighthouse } = (await import(peer('node_modules/lighthouse/core/index.js'))) as {
    default: Lighthouse
  }
  const port = await freePort()
  // With a window, in which Lighthouse opens a tab.
  const browser = await chromium.launchPersistentContext('', {
    executablePath: findChromium() ?? '',
    args: [...CHROMIUM_FLAGS, `--remote-debugging-port=${port}`],
  })
  try {
    await sleep(SETTLE_MS)
    const result = await lighthouse(address, { port, logLevel: 'error', onlyCategories: Object.keys(LEAST) })
    if (!result) throw new Error(`Lighthouse gave nothing for ${address}`)
    return pointsOf(result)
  } finally {
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
