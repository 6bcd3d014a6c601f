import type { Box, Point } from '../engine/box.ts'

/** How a plan stands on a canvas: a place of the plan is at `place * scale + offset`, in CSS pixels. */
export interface Camera extends Point {
  scale: number
}

/** A seat is never drawn larger, in CSS pixels: a finger finds it, and its neighbours are still seen. */
const LARGEST_SEAT = 46
const LARGEST_SEAT_TO_FIT = 34

const centred = (from: number, to: number, scale: number, size: number): number =>
  (size - (from + to) * scale) / 2

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
    return {
      scale,
      x: centred(left, right, scale, this.#width),
      y: centred(top, bottom, scale, this.#height),
    }
  }

  /** The nearest camera that is allowed. */
  clamp({ scale: wanted, x, y }: Camera): Camera {
    const scale = this.#allowed(wanted)
    const within = (offset: number, from: number, to: number, size: number) => {
      // What fits stays in the middle; of what does not, the middle of the canvas shows something.
      if ((to - from) * scale <= size) return centred(from, to, scale, size)
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
    const scale = this.#allowed(camera.scale * factor)
    const by = scale / camera.scale
    return this.clamp({ scale, x: x - (x - camera.x) * by, y: y - (y - camera.y) * by })
  }

  /** Aside, in CSS pixels. */
  panned({ scale, x, y }: Camera, right: number, down: number): Camera {
    return this.clamp({ scale, x: x + right, y: y + down })
  }

  get most(): number {
    return Math.max(LARGEST_SEAT / this.#seatSize, this.fit().scale)
  }

  #allowed(scale: number): number {
    return Math.min(Math.max(scale, this.fit().scale), this.most)
  }
}

/** Between two cameras; scale goes by factors, so that it looks even, and one place of the canvas stays where it is. */
export function between(from: Camera, to: Camera, part: number): Camera {
  const scale = from.scale * (to.scale / from.scale) ** part
  const along = to.scale === from.scale ? part : (scale - from.scale) / (to.scale - from.scale)
  return { scale, x: from.x + (to.x - from.x) * along, y: from.y + (to.y - from.y) * along }
}
