import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { makeHall } from '../demo/halls.ts'
import { planOf } from '../engine/geometry.ts'
import { Hall } from '../engine/hall.ts'
import { NearView } from './near-view.ts'
import type { Palette } from './palette.ts'

beforeEach(() =>
  vi.stubGlobal(
    'OffscreenCanvas',
    class {
      getContext = () => null
    },
  ),
)
afterEach(() => vi.unstubAllGlobals())

it('has one tile more with each frame at least, however long the frame has taken already', () => {
  const plan = planOf(makeHall('cinema').geometry)
  const hall = new Hall(plan, new Uint8Array(plan.seatCount), () => undefined)
  const view = new NearView(hall, {} as Palette, 1, 1)
  let copied = 0
  const screen = { canvas: { width: 512, height: 512 }, drawImage: () => (copied += 1) }
  const frame = () => {
    copied = 0
    const on = screen as unknown as CanvasRenderingContext2D
    const complete = view.draw(on, { scale: 1, x: 0, y: 0 }, -Infinity, () => {})
    return { copied, complete }
  }
  expect([frame(), frame(), frame(), frame()]).toEqual([
    { copied: 1, complete: false },
    { copied: 2, complete: false },
    { copied: 3, complete: false },
    { copied: 4, complete: true },
  ])
})
