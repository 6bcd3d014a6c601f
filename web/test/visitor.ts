import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'

/** As wide as phones, tablets and desks are. */
export const WIDTHS = { phone: 360, tablet: 768, desk: 1_440 } as const

export interface VisitorOptions {
  language?: 'id' | 'en'
  theme?: 'light' | 'dark'
  width?: keyof typeof WIDTHS
  /** Anything else that playwright lets a browser be. */
  context?: BrowserContextOptions
}

/** Somebody with a browser of their own: cookies and stores of nobody else. Ends with an error when any page of theirs had one. */
export interface Visitor extends AsyncDisposable {
  page: Page
  context: BrowserContext
  /** Opens one more tab, which is watched as the first is. */
  newPage(): Promise<Page>
  /** What went wrong so far: errors in the console, exceptions, and what the page's policy has refused. */
  readonly problems: readonly string[]
  /** Says that problems of this kind are what the story is about. */
  expectProblem(kind: RegExp): void
  /** What the page lacks for whoever cannot see it or has no mouse (WCAG 2.2 AA); empty for nothing. */
  accessibility(page?: Page): Promise<string[]>
  /** Sends and receives nothing from now on, or does again. */
  offline(isOffline: boolean): Promise<void>
}

/** For what hangs, not for what is slow: on a busy machine a page takes several times as long. Less than a test has (vitest.config.ts), so that it says what it waited for. */
const PATIENCE_MS = 120_000

const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** @param origin of the web app. */
export async function createVisitor(
  browser: Browser,
  origin: string,
  options: VisitorOptions = {},
): Promise<Visitor> {
  const { language = 'id', theme = 'light', width = 'desk' } = options
  const context = await browser.newContext({
    baseURL: origin,
    locale: language === 'id' ? 'id-ID' : 'en-GB',
    timezoneId: 'Asia/Jakarta',
    colorScheme: theme,
    viewport: { width: WIDTHS[width], height: width === 'phone' ? 740 : 900 },
    ...(width === 'phone' && { hasTouch: true, isMobile: true, deviceScaleFactor: 2 }),
    ...options.context,
  })
  context.setDefaultTimeout(PATIENCE_MS)
  const problems: string[] = []
  const expected: RegExp[] = []
  context.on('page', (page) => watch(page, problems))
  const page = await context.newPage()
  return {
    page,
    context,
    newPage: () => context.newPage(),
    problems,
    expectProblem: (kind) => void expected.push(kind),
    async accessibility(one = page) {
      const { violations } = await new AxeBuilder({ page: one }).withTags(STANDARDS).analyze()
      return violations.map(
        ({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ target }) => target.join(' ')).join(', ')})`,
      )
    },
    offline: (isOffline) => context.setOffline(isOffline),
    async [Symbol.asyncDispose]() {
      await context.close()
      const unexpected = problems.filter((problem) => !expected.some((kind) => kind.test(problem)))
      if (unexpected.length > 0) throw new Error(`The browser met problems:\n${unexpected.join('\n')}`)
    },
  }
}

function watch(page: Page, problems: string[]): void {
  const note = (kind: string, text: string): void => void problems.push(`${kind} at ${page.url()}: ${text}`)
  page.on('pageerror', (error) => note('exception', error.stack ?? error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') note('console', `${message.text()} ${message.location().url}`)
  })
}
