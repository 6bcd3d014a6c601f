import type { ComponentChildren } from 'preact'
import './empty.css'
import { type Stock, TicketStub } from './ticket-stub.tsx'

interface EmptyProps {
  title: ComponentChildren
  /** What to do so that something is here. */
  text?: ComponentChildren
  action?: ComponentChildren
  stock?: Stock
  level?: 1 | 2 | 3
}

/** A page or a list with nothing in it: a blank ticket that says what to do first. */
export function Empty({ title, text, action, stock = 'buff', level = 2 }: EmptyProps) {
  const Heading = `h${level}` as const
  return (
    <TicketStub class="empty" stock={stock} tear="foot" stub={action}>
      <Heading class="empty__title">{title}</Heading>
      {text && <div class="empty__text">{text}</div>}
    </TicketStub>
  )
}
