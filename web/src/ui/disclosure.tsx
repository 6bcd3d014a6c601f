import type { ComponentChildren } from 'preact'
import './disclosure.css'
import { Icon } from './icon.tsx'

interface DisclosureProps {
  summary: ComponentChildren
  children: ComponentChildren
  open?: boolean
  onToggle?(open: boolean): void
  /** Of several with one name only one is open. */
  name?: string
}

/** What is there for whoever wants it. */
export function Disclosure({ summary, children, open, onToggle, name }: DisclosureProps) {
  return (
    <details
      class="disclosure"
      open={open}
      {...(name ? { name } : {})}
      onToggle={(event) => onToggle?.(event.currentTarget.open)}
    >
      <summary class="disclosure__summary">
        <span>{summary}</span>
        <Icon name="chevron-down" />
      </summary>
      <div class="disclosure__body">{children}</div>
    </details>
  )
}
