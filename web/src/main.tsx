import { render } from 'preact'
import './ui/tokens.css'
import './ui/base.css'
import { App } from './app/app.tsx'
import { preloadPage } from './app/routes.tsx'
import { loadTexts } from './texts/index.ts'
import { prepareIntl } from './texts/intl.ts'
import { drawInParts, nextTask } from './ui/later.tsx'
import { language } from './texts/language.ts'

/** Begins the first page once all of it is there. What the server has drawn (draw.tsx) becomes the app's own, put right where the app knows better: nothing moves. */
async function start(root: HTMLElement): Promise<void> {
  document.documentElement.lang = language.value
  await Promise.all([loadTexts(['app', 'ui']), preloadPage(location.pathname), prepareIntl()])
  await nextTask()
  const draw = () => render(<App />, root)
  if (root.firstChild) drawInParts(draw)
  else draw()
}

const root = document.getElementById('app') as HTMLElement
start(root).catch((error: unknown) => {
  // Before there are texts; both languages, since which one is wanted may be what did not load.
  if (root.textContent === '')
    root.textContent =
      'Karcis belum termuat; muat ulang halaman ini. · Karcis did not load; reload this page.'
  throw error
})
