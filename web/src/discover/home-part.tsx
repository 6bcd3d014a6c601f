import type { ComponentChildren } from 'preact'
import { useTexts } from '../texts/index.ts'

interface PartProps {
  title: string
  /** Where the rest is. */
  href?: string
  shown: boolean
  children: ComponentChildren
}

/** A heading with what is under it; nothing where there is nothing. */
export function Part({ title, href, shown, children }: PartProps) {
  const t = useTexts('discover')
  if (!shown) return null
  return (
    <section class="home__part page">
      <header class="home__head">
        <h2>{title}</h2>
        {href && (
          <a href={href} aria-label={t.home.allOf(title)}>
            {t.home.all}
          </a>
        )}
      </header>
      {children}
    </section>
  )
}
