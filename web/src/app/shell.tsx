import type { ComponentChildren } from 'preact'
import { useTexts } from '../texts/index.ts'

/** What every page has around it. */
export function Shell({ children }: { children: ComponentChildren }) {
  const t = useTexts('app')
  return (
    <>
      <a class="skip-link" href="#main">
        {t.skip}
      </a>
      <header>
        <a href="/" aria-label={t.home}>
          Karcis
        </a>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <footer>{t.footer}</footer>
    </>
  )
}
