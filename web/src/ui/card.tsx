import type { ComponentChildren } from 'preact'
import './card.css'
import { classes } from './classes.ts'

interface CardProps {
  children: ComponentChildren
  /** Its heading; `level` as deep as it stands in the page. */
  title?: ComponentChildren
  level?: 2 | 3 | 4
  actions?: ComponentChildren
  class?: string
}

/** A part of a page that belongs together. */
export function Card({ children, title, level = 2, actions, class: extra }: CardProps) {
  const Heading = `h${level}` as const
  return (
    <section class={classes('card', extra)}>
      {(title || actions) && (
        <header class="card__head">
          {title && <Heading class="card__title">{title}</Heading>}
          {actions}
        </header>
      )}
      {children}
    </section>
  )
}
