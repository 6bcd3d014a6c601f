import { boxOf } from './box.ts'

/** Seats in a cell, on average: few enough to look at each, enough to pass many by at once. */
const PER_CELL = 16
const MOST_CELLS = 1 << 16

/** Points by where they are: all of one cell stand one behind the other, so whatever is drawn or hit looks at its own part only. */
export class GridIndex {
  readonly #x: Float32Array
  readonly #y: Float32Array
  readonly #left: number
  readonly #top: number
  readonly #cell: number
  readonly #columns: number
  readonly #rows: number
  /** Where each cell's points begin in `#points`; one more, for the end of the last. */
  readonly #begins: Uint32Array
  readonly #points: Uint32Array

  constructor(x: Float32Array, y: Float32Array) {
    this.#x = x
    this.#y = y
    const box = x.length === 0 ? { left: 0, top: 0, right: 0, bottom: 0 } : boxOf(x, y)
    const { left, top, right, bottom } = box
    const [width, height] = [right - left || 1, bottom - top || 1]
    const wanted = Math.min(MOST_CELLS, Math.max(1, x.length / PER_CELL))
    // A hall of one long row has no square cells' worth of height.
    const size = Math.max(Math.sqrt((width * height) / wanted), Math.max(width, height) / wanted)
    const [columns, rows] = [Math.floor(width / size) + 1, Math.floor(height / size) + 1]
    const cells = new Uint32Array(x.length)
    const begins = new Uint32Array(columns * rows + 1)
    for (let i = 0; i < x.length; i++) {
      const cell = Math.floor((y[i]! - top) / size) * columns + Math.floor((x[i]! - left) / size)
      cells[i] = cell
      begins[cell + 1]! += 1
    }
    for (let cell = 1; cell < begins.length; cell++) begins[cell]! += begins[cell - 1]!
    const next = begins.slice()
    const points = new Uint32Array(x.length)
    for (let i = 0; i < x.length; i++) points[next[cells[i]!]!++] = i
    this.#left = left
    this.#top = top
    this.#cell = size
    this.#columns = columns
    this.#rows = rows
    this.#begins = begins
    this.#points = points
  }

  /** Calls for each point in a rectangle, its edges included. @param visit false ends it. @returns whether it came to the end. */
  within(left: number, top: number, right: number, bottom: number, visit: (i: number) => unknown): boolean {
    for (let row = this.#row(top), last = this.#row(bottom); row <= last; row++) {
      const begin = this.#begins[row * this.#columns + this.#column(left)]!
      const end = this.#begins[row * this.#columns + this.#column(right) + 1]!
      for (let at = begin; at < end; at++) {
        const i = this.#points[at]!
        const [x, y] = [this.#x[i]!, this.#y[i]!]
        if (x < left || x > right || y < top || y > bottom) continue
        if (visit(i) === false) return false
      }
    }
    return true
  }

  /** How many points are in the cells that a rectangle touches: at least as many as in the rectangle, found without looking at any. */
  atMostWithin(left: number, top: number, right: number, bottom: number): number {
    let count = 0
    for (let row = this.#row(top), last = this.#row(bottom); row <= last; row++)
      count +=
        this.#begins[row * this.#columns + this.#column(right) + 1]! -
        this.#begins[row * this.#columns + this.#column(left)]!
    return count
  }

  /** The point nearest to a place, at most so far from it; -1 when there is none. @param which leaves others out. */
  nearest(x: number, y: number, reach: number, which: (i: number) => boolean = () => true): number {
    let [found, best] = [-1, reach * reach]
    this.within(x - reach, y - reach, x + reach, y + reach, (i) => {
      const distance = (this.#x[i]! - x) ** 2 + (this.#y[i]! - y) ** 2
      if (distance > best || !which(i)) return
      found = i
      best = distance
    })
    return found
  }

  #column(x: number): number {
    return Math.min(Math.max(Math.floor((x - this.#left) / this.#cell), 0), this.#columns - 1)
  }

  #row(y: number): number {
    return Math.min(Math.max(Math.floor((y - this.#top) / this.#cell), 0), this.#rows - 1)
  }
}
