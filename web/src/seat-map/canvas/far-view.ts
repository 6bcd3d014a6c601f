import type { Hall, Look } from '../engine/hall.ts'
import { type Palette, pixelOf } from './palette.ts'

/** A bitmap is at most so many pixels: 16 MB. */
const MOST_PIXELS = 4_000_000
/** So much finer than the whole hall on this screen, so that the first step inwards is still sharp. */
const OVERSAMPLING = 1.6

/** The whole hall as one bitmap: written pixel by pixel, for tens of thousands of seats as fast as a few hundred are drawn; then seats are mended one by one. */
export class FarView {
  readonly canvas: OffscreenCanvas
  /** Its pixels to a unit of the plan. */
  readonly scale: number
  readonly #hall: Hall
  readonly #context: OffscreenCanvasRenderingContext2D | null
  readonly #palette: Palette
  readonly #size: number
  readonly #left: number
  readonly #top: number

  /** @param fitScale device pixels to a unit at which the hall fills the screen. */
  constructor(hall: Hall, palette: Palette, fitScale: number) {
    const { left, top, right, bottom } = hall.plan.box
    const [width, height] = [right - left, bottom - top]
    this.scale = Math.min(fitScale * OVERSAMPLING, Math.sqrt(MOST_PIXELS / (width * height)))
    this.canvas = new OffscreenCanvas(
      Math.max(1, Math.ceil(width * this.scale)),
      Math.max(1, Math.ceil(height * this.scale)),
    )
    this.#hall = hall
    this.#palette = palette
    this.#context = this.canvas.getContext('2d')
    this.#size = Math.max(1, Math.round(hall.plan.geometry.seatSize * this.scale * 0.84))
    this.#left = left
    this.#top = top
    this.#paint()
  }

  /** Draws a piece of it: what belongs into a rectangle of the screen, in device pixels. @param scale, x, y where the plan stands there. */
  draw(
    on: CanvasRenderingContext2D,
    { scale, x, y }: { scale: number; x: number; y: number },
    rectangle: readonly [x: number, y: number, width: number, height: number],
  ): void {
    const [left, top, width, height] = rectangle
    const by = this.scale / scale
    on.drawImage(
      this.canvas,
      ((left - x) / scale - this.#left) * this.scale,
      ((top - y) / scale - this.#top) * this.scale,
      width * by,
      height * by,
      left,
      top,
      width,
      height,
    )
  }

  /** Draws seats as they are now. */
  mend(seats: Iterable<number>): void {
    if (!this.#context) return
    for (const seat of seats) {
      const [x, y] = [this.#column(seat), this.#line(seat)]
      this.#context.clearRect(x, y, this.#size, this.#size)
      const look = this.#hall.lookOf(seat)
      if (look === 'hidden') continue
      const inset = insetOf(look, this.#size)
      this.#context.fillStyle = this.#colour(look, this.#hall.tierAt(seat))
      this.#context.fillRect(x + inset, y + inset, this.#size - 2 * inset, this.#size - 2 * inset)
    }
  }

  #paint(): void {
    const { width, height } = this.canvas
    const image = new ImageData(width, height)
    const pixels = new Uint32Array(image.data.buffer)
    const pixelsOfTier = new Map<number, Partial<Record<Look, number>>>()
    const size = this.#size
    for (const [section, { first, count }] of this.#hall.plan.sections.entries()) {
      const tier = this.#hall.tierOfSection(section)
      const pixelOfLook = pixelsOfTier.get(tier) ?? {}
      pixelsOfTier.set(tier, pixelOfLook)
      for (let seat = first; seat < first + count; seat++) {
        const look = this.#hall.lookOf(seat, section)
        if (look === 'hidden') continue
        const pixel = (pixelOfLook[look] ??= pixelOf(this.#colour(look, tier)))
        const inset = insetOf(look, size)
        const begin = (this.#line(seat) + inset) * width + this.#column(seat) + inset
        fillSquare(pixels, begin, width, size - 2 * inset, pixel)
      }
    }
    this.#context?.putImageData(image, 0, 0)
  }

  /** Where a seat's square begins. */
  #column(seat: number): number {
    return Math.round(((this.#hall.plan.x[seat] ?? 0) - this.#left) * this.scale - this.#size / 2)
  }

  #line(seat: number): number {
    return Math.round(((this.#hall.plan.y[seat] ?? 0) - this.#top) * this.scale - this.#size / 2)
  }

  #colour(look: Look, tier: number): string {
    if (look === 'chosen' || look === 'mine') return this.#palette.chosen
    if (look === 'free') return this.#palette.tiers[tier % this.#palette.tiers.length] ?? this.#palette.ink
    return look === 'aside' ? this.#palette.line : this.#palette.taken
  }
}

/** What is taken is smaller, so that free seats stand out without their colour too. */
const insetOf = (look: Look, size: number): number =>
  look === 'free' || look === 'chosen' || look === 'mine' ? 0 : Math.floor(size / 4)

/** @param begin its first pixel. @param width pixels from one line to the next. @param size of the square, its corners rounded from 4 on. */
function fillSquare(pixels: Uint32Array, begin: number, width: number, size: number, pixel: number): void {
  for (let line = 0; line < size; line++) {
    const edge = size >= 4 && (line === 0 || line === size - 1) ? 1 : 0
    const end = begin + line * width + size - edge
    for (let at = begin + line * width + edge; at < end; at++) pixels[at] = pixel
  }
}
