import type { ComponentChildren } from 'preact'
import { classes } from './classes.ts'
import './ticket-stub.css'

/** The papers that tickets are printed on. */
export const STOCKS = ['buff', 'pink', 'yellow', 'green', 'blue'] as const
export type Stock = (typeof STOCKS)[number]

/** The paper for a kind of thing, by its name or id: always the same for the same. */
export function stockOf(name: string | null | undefined): Stock {
  let hash = 0x811c9dc5 // FNV-1a: names that differ by a letter shall differ in colour
  for (const letter of name ?? '') hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193)
  return STOCKS[(hash >>> 13) % STOCKS.length] ?? 'buff'
}

interface TicketStubProps {
  stock?: Stock
  /** What stays with whoever holds it. */
  children: ComponentChildren
  /** What is torn off: a price, a total, a date. */
  stub?: ComponentChildren
  /** Where a code stands, on white, in either theme: scanners need it dark on light. */
  code?: ComponentChildren
  /** The stub always at its foot; else at its side where there is room. */
  tear?: 'foot' | 'auto'
  class?: string
}

/** A ticket, or what stands for one: the one ornament of the house. */
export function TicketStub({
  stock = 'buff',
  children,
  stub,
  code,
  tear = 'auto',
  class: extra,
}: TicketStubProps) {
  return (
    <div class={classes('ticket-box', extra)}>
      <div class={`ticket ticket--${stock} ticket--${tear}`}>
        <div class="ticket__main">
          {children}
          {code && <div class="ticket__code">{code}</div>}
        </div>
        {stub && <div class="ticket__stub">{stub}</div>}
      </div>
    </div>
  )
}
