import type { Browser, CDPSession, Page } from 'playwright-core'

/** A phone of few means, on the network of one: Lighthouse's slow 4G, by which each request waits as if over 150 ms there and back. */
const NETWORK = { offline: false, latency: 562.5, downloadThroughput: 184_320, uploadThroughput: 84_375 }
const CPU_SLOWDOWN = 4
/** How long a browser's window is left alone once it is open: a desktop's Chromium runs pages of its own for it, beside a page that would be opened at once. */
export const SETTLE_MS = 3_000
/** After the last that moved; what begins later than that is no part of loading. */
const QUIET_MS = 2_000

/** What one visit with nothing kept has cost. Times in milliseconds, sizes in bytes as they came. */
export interface Visit {
  requests: number
  bytes: number
  scriptBytes: number
  styleBytes: number
  /** When the largest thing was painted. */
  lcp: number
  /** For how long, all together, the page could not have answered. */
  tbt: number
  /** How far things moved under the reader's eyes. */
  cls: number
  /** The slowest answer to what was done there; NaN where nothing was. */
  inp: number
}

/** Opens a page as somebody does who was never there. @param act what they do once it stands. */
export async function visit(
  browser: Browser,
  address: string,
  act?: (page: Page) => Promise<void>,
): Promise<Visit> {
  const context = await browser.newContext({
    locale: 'id-ID',
    viewport: { width: 360, height: 740 },
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
  })
  try {
    const page = await context.newPage()
    const cdp = await context.newCDPSession(page)
    const traffic = await count(cdp)
    await cdp.send('Network.emulateNetworkConditions', NETWORK)
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN })
    await page.addInitScript(observe)
    await page.waitForTimeout(SETTLE_MS)
    await page.goto(address, { waitUntil: 'networkidle', timeout: 120_000 })
    await page.waitForTimeout(QUIET_MS)
    const loaded = { ...traffic }
    if (act) {
      await act(page)
      await page.waitForTimeout(QUIET_MS)
    }
    return { ...loaded, ...(await page.evaluate(read)) }
  } finally {
    await context.close()
  }
}

/** Counts what comes from then on. */
async function count(
  cdp: CDPSession,
): Promise<Pick<Visit, 'requests' | 'bytes' | 'scriptBytes' | 'styleBytes'>> {
  const traffic = { requests: 0, bytes: 0, scriptBytes: 0, styleBytes: 0 }
  const kinds = new Map<string, string>()
  cdp.on('Network.responseReceived', ({ requestId, type }) => void kinds.set(requestId, type))
  cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    traffic.requests += 1
    traffic.bytes += encodedDataLength
    if (kinds.get(requestId) === 'Script') traffic.scriptBytes += encodedDataLength
    if (kinds.get(requestId) === 'Stylesheet') traffic.styleBytes += encodedDataLength
  })
  await cdp.send('Network.enable')
  return traffic
}

interface Observed {
  fcp: number
  lcp: number
  cls: number
  inp: number
  tasks: [start: number, duration: number][]
}

/** What entries have beyond their type. */
type Entry = PerformanceEntry & { value?: number; hadRecentInput?: boolean; interactionId?: number }

declare global {
  var karcisObserved: Observed
}

/** Runs in the page, before anything else. */
function observe(): void {
  const seen: Observed = { fcp: 0, lcp: 0, cls: 0, inp: Number.NaN, tasks: [] }
  globalThis.karcisObserved = seen
  const on = (type: string, take: (entry: Entry) => void): void =>
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) take(entry)
    }).observe({ type, buffered: true, ...(type === 'event' && { durationThreshold: 16 }) })
  on('paint', ({ name, startTime }) => {
    if (name === 'first-contentful-paint') seen.fcp = startTime
  })
  on('largest-contentful-paint', ({ startTime }) => {
    seen.lcp = startTime
  })
  on('layout-shift', (entry) => {
    if (!entry.hadRecentInput) seen.cls += entry.value ?? 0
  })
  on('longtask', ({ startTime, duration }) => void seen.tasks.push([startTime, duration]))
  on('event', ({ interactionId, duration }) => {
    if (interactionId) seen.inp = Math.max(Number.isNaN(seen.inp) ? 0 : seen.inp, duration)
  })
}

/** Runs in the page, at the end. */
function read(): Pick<Visit, 'lcp' | 'tbt' | 'cls' | 'inp'> {
  const { fcp, lcp, cls, inp, tasks } = globalThis.karcisObserved
  const tbt = tasks
    .filter(([start]) => start >= fcp)
    .reduce((sum, [, duration]) => sum + Math.max(0, duration - 50), 0)
  return { lcp, tbt, cls, inp }
}
