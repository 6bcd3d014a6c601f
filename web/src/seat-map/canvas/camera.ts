import type { Box, Point } from '../engine/geometry.ts'

/** How a plan stands on a canvas: a place of the plan is at `place * scale + offset`, in CSS pixels. */
export interface Camera extends Point {
  scale: number
}

/** A seat is never drawn larger, in CSS pixels: a finger finds it, and its neighbours are still seen. */
const LARGEST_SEAT = 46
const LARGEST_SEAT_TO_FIT = 34

/** Where a camera may be: never further out than all of it, never so far aside that nothing is seen. */
export class CameraRules {
  readonly #box: Box
  readonly #seatSize: number
  #width = 1
  #height = 1

  constructor(box: Box, seatSize: number) {
    this.#box = box
    this.#seatSize = seatSize
  }

  resize(width: number, height: number): void {
    this.#width = width
    this.#height = height
  }

  /** All of it, in the middle. */
  fit(): Camera {
    return this.showing(this.#box, LARGEST_SEAT_TO_FIT)
  }

  /** A part of it, in the middle. @param largestSeat that it is not brought nearer than. */
  showing({ left, top, right, bottom }: Box, largestSeat: number): Camera {
    const scale = Math.min(
      this.#width / Math.max(right - left, this.#seatSize),
      this.#height / Math.max(bottom - top, this.#seatSize),
      largestSeat / this.#seatSize,
    )
    const middle = (from: number, to: number, size: number) => size / 2 - ((from + to) / 2) * scale
    return { scale, x: middle(left, right, this.#width), y: middle(top, bottom, this.#height) }
  }

  /** The nearest camera that is allowed. */
  clamp({ scale: wanted, x, y }: Camera): Camera {
    const { scale: least } = this.fit()
    const scale = Math.min(Math.max(wanted, least), this.most)
    const within = (offset: number, from: number, to: number, size: number) => {
      // What fits stays in the middle; of what does not, the middle of the canvas shows something.
      if ((to - from) * scale <= size) return size / 2 - ((from + to) / 2) * scale
      return Math.min(Math.max(offset, size / 2 - to * scale), size / 2 - from * scale)
    }
    return {
      scale,
      x: within(x, this.#box.left, this.#box.right, this.#width),
      y: within(y, this.#box.top, this.#box.bottom, this.#height),
    }
  }

  /** Nearer or further, with one place of the canvas staying where it is. */
  zoomed(camera: Camera, factor: number, x: number, y: number): Camera {
    const { scale: least } = this.fit()
    const scale = Math.min(Math.max(camera.scale * factor, least), this.most)
    const by = scale / camera.scale
    return this.clamp({ scale, x: x - (x - camera.x) * by, y: y - (y - camera.y) * by })
  }

  get most(): number {
    return Math.max(LARGEST_SEAT / this.#seatSize, this.fit().scale)
  }
}

/** Between two cameras; scale goes by factors, so that it looks even. */
export function between(from: Camera, to: Camera, part: number, width: number, height: number): Camera {
  const scale = from.scale * (to.scale / from.scale) ** part
  const middle = (camera: Camera, axis: 'x' | 'y', size: number) => (size / 2 - camera[axis]) / camera.scale
  const along = to.scale === from.scale ? part : (1 - from.scale / scale) / (1 - from.scale / to.scale)
  const place = (axis: 'x' | 'y', size: number) => {
    const [begin, end] = [middle(from, axis, size), middle(to, axis, size)]
    return size / 2 - (begin + (end - begin) * along) * scale
  }
  return { scale, x: place('x', width), y: place('y', height) }
}
