import type { ComponentChildren } from 'preact'
import { ErrorBoundary } from 'preact-iso'
import { useRef, useState } from 'preact/hooks'

let isDividing = false
/** When the last of the parts that wait has been drawn. */
let last: Promise<void> = Promise.resolve()

/** Draws over a page that the server has drawn, each `Later` of it in a task of its own: what is pressed in between is answered in between. */
export function drawInParts(draw: () => void): void {
  isDividing = true
  draw()
  isDividing = false
}

/** A part of a page, of one element, that is looked at after others: when it is drawn over what the server has drawn, that stays until it has its turn. */
export const Later = ({ children }: { children: ComponentChildren }) => (
  <ErrorBoundary>
    <Part>{children}</Part>
  </ErrorBoundary>
)

function Part({ children }: { children: ComponentChildren }) {
  const [isDue, setDue] = useState(!isDividing)
  const turn = useRef<Promise<void> | null>(null)
  if (isDue) return <>{children}</>
  if (!turn.current) turn.current = last = last.then(nextTask).then(() => setDue(true))
  throw turn.current
}

/** Lets what was pressed meanwhile be answered, and what is there be painted. */
export const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))
