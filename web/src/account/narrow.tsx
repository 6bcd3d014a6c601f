import type { ComponentChildren } from 'preact'
import { useTitle } from '../texts/title.ts'
import './account.css'

/** A page with one thing to do. */
export function Narrow({
  title,
  text,
  children,
}: {
  title: string
  text?: ComponentChildren
  children?: ComponentChildren
}) {
  useTitle(title)
  return (
    <div class="account-narrow">
      <h1 class="account-narrow__title">{title}</h1>
      {text && <p class="account-narrow__text">{text}</p>}
      {children}
    </div>
  )
}
