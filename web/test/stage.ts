import { freePort } from '@karcis/infra/setup'
import { chromium } from 'playwright-core'
import { describe } from 'vitest'
import { signInAdmin } from '../../e2e/test/builders.ts'
import { type Karcis, startKarcis, type StorySettings } from '../../e2e/test/karcis.ts'
import { buildWeb } from '../../scripts/build-web.ts'
import { createWebServer, type WebServer } from '../server/server.ts'
import { CHROMIUM_FLAGS, findChromium } from '@karcis/infra/chromium'
import { createVisitor, type Visitor, type VisitorOptions } from './visitor.ts'

/** The whole platform with the web app in front, and browsers to visit it with. */
export interface Stage extends Karcis {
  /** Where browsers open it: the router, which passes on what is the web app's. */
  origin: string
  web: WebServer
  /** Token of the admin. */
  admin: string
  visit(options?: VisitorOptions): Promise<Visitor>
}

/** Settings that a story changes; made once it is known where browsers will open the app, if they need to know. */
type Given = StorySettings | ((origin: string, stack: AsyncDisposableStack) => Promise<StorySettings>)

/** Starts everything on free ports; the app is built first, unless it is. What `given` starts beside it, it puts on the stack, and it ends with the stage. */
export async function openStage(given: Given = {}): Promise<Stage> {
  await using stack = new AsyncDisposableStack()
  await buildWeb(() => undefined)
  const [routerPort, webPort] = [await freePort(), await freePort()]
  const origin = `http://localhost:${routerPort}`
  const settings = typeof given === 'function' ? await given(origin, stack) : given
  const web = stack.use(
    await createWebServer({
      host: '127.0.0.1',
      port: webPort,
      logLevel: 'error',
      routerUrl: `http://127.0.0.1:${routerPort}`,
      publicUrl: origin,
      stopMs: 1_000,
    }),
  )
  const karcis = stack.use(
    await startKarcis(
      { PUBLIC_URL: origin, PASSKEY_ORIGINS: [origin], ...settings },
      { port: routerPort, webUrl: web.url },
    ),
  )
  const executablePath = findChromium()
  if (executablePath === null) throw new Error('There is no Chromium.')
  const browser = stack.adopt(await chromium.launch({ executablePath, args: CHROMIUM_FLAGS }), (one) =>
    one.close(),
  )
  const admin = await signInAdmin(karcis)
  const running = stack.move()
  return {
    ...karcis,
    origin,
    web,
    admin,
    visit: (options) => createVisitor(browser, origin, options),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

const HAS_CHROMIUM = findChromium() !== null

const NOT_RUN = ' (skipped: Chromium was not found and could not be installed; set CHROMIUM to its program)'

/** A suite that needs Chromium. Where there is none its name says why nothing of it was run. */
export function describeInBrowser(name: string, suite: () => void): void {
  describe.runIf(HAS_CHROMIUM)(`${name}${HAS_CHROMIUM ? '' : NOT_RUN}`, () => {
    suite()
  })
}
