import { type Box, emptyBox, widen } from './box.ts'
import type { SeatPlan } from './geometry.ts'

export interface Floor {
  readonly id: string
  readonly name: string
  readonly box: Box
}

/** So much of the smaller of two floors under the other is no longer the bend of their rows: one is drawn above the other. */
const OVERLAP = 0.4

/** Floors that have seats, and where they are. */
export function floorsOf(plan: SeatPlan): Floor[] {
  return plan.geometry.floors.flatMap(({ id, name }) => {
    const own = plan.sections.filter(({ floor }) => floor === id)
    const box = emptyBox()
    for (const section of own) {
      widen(box, section.box.left, section.box.top)
      widen(box, section.box.right, section.box.bottom)
    }
    return own.length > 0 ? [{ id, name, box }] : []
  })
}

/** Whether floors are drawn one above the other, so that only one of them can be looked at. */
export const areStacked = (floors: readonly Floor[]): boolean =>
  floors.some((one, at) => floors.slice(at + 1).some((other) => isOver(one.box, other.box)))

function isOver(one: Box, other: Box): boolean {
  const width = Math.min(one.right, other.right) - Math.max(one.left, other.left)
  const height = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top)
  const area = ({ left, right, top, bottom }: Box) => (right - left) * (bottom - top)
  return width > 0 && height > 0 && width * height > OVERLAP * Math.min(area(one), area(other))
}
