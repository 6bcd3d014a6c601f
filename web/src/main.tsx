import { render } from 'preact'
import './ui/tokens.css'
import './ui/base.css'
import { App } from './app/app.tsx'
import { preloadPage } from './app/routes.tsx'
import { loadTexts } from './texts/index.ts'
import { language } from './texts/language.ts'

/** Draws the first page once all of it is there: what the server has written into the page meanwhile is replaced at once, and nothing moves. */
async function start(root: HTMLElement): Promise<void> {
  document.documentElement.lang = language.value
  await Promise.all([loadTexts(['app', 'ui']), preloadPage(location.pathname)])
  root.replaceChildren()
  render(<App />, root)
}

const root = document.getElementById('app')
if (!root) throw new Error('the page has no #app')
start(root).catch((error: unknown) => {
  // Before there are texts; both languages, since which one is wanted may be what did not load.
  if (root.textContent === '')
    root.textContent =
      'Karcis belum termuat; muat ulang halaman ini. · Karcis did not load; reload this page.'
  throw error
})
