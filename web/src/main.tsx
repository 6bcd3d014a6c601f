import { render } from 'preact'
import { App } from './app/app.tsx'
import { loadTexts } from './texts/index.ts'
import { language } from './texts/language.ts'

const root = document.getElementById('app')
if (!root) throw new Error('the page has no #app')
document.documentElement.lang = language.value
await loadTexts(['app', 'errors'])
root.replaceChildren()
render(<App />, root)
