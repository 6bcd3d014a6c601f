import { locationStub } from 'preact-iso/prerender'
import { renderToStringAsync } from 'preact-render-to-string'
import { giveFirstPaint } from './api/first-paint.ts'
import { session } from './api/session.ts'
import { App } from './app/app.tsx'
import { preloadPage } from './app/routes.tsx'
import { loadTexts } from './texts/index.ts'
import { type Language, language } from './texts/language.ts'
import { type Theme, theme } from './texts/theme.ts'

/** The page before: they are drawn one by one, as all parts of the app read from the same place where they are, and in which language. */
let before: Promise<unknown> = Promise.resolve()

/**
 * A page as the app draws it first for somebody who is not signed in, as HTML; run by the server (web/server/drawing.ts).
 * @param path from the root, with its query. @param data what the app would ask first, by `operation:variables`.
 */
export function draw(
  path: string,
  chosen: { language: Language; theme?: Theme | undefined },
  data: Readonly<Record<string, unknown>>,
): Promise<string> {
  const drawn = before.then(async () => {
    locationStub(path)
    language.value = chosen.language
    theme.value = chosen.theme ?? 'system'
    session.value = { status: 'anonymous' }
    await Promise.all([loadTexts(['app', 'ui']), preloadPage(location.pathname)])
    giveFirstPaint({ ...data })
    return renderToStringAsync(<App />)
  })
  before = drawn.catch(() => undefined)
  return drawn
}
