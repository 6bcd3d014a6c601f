import type { ComponentChildren } from 'preact'
import './badge.css'

/** A word or two on the state of something. */
export function Badge({ tone = 'neutral', children }: { tone?: 'neutral' | 'accent' | 'success' | 'warning' | 'danger'; children: ComponentChildren }) {
  return <span class={`badge badge--${tone}`}>{children}</span>
}
