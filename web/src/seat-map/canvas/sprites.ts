import { LOOKS, type Look } from '../engine/hall.ts'
import type { Palette } from './palette.ts'

/** Marks that tell tiers apart without their colour, as paths in a square of 24; tiers after the last begin again. The legend has the same. */
export const TIER_MARKS = [
  '',
  'M6 18.4h12v2H6z',
  'M14 3.5h6.5v6.5z',
  'M3.6 6h2v12h-2z',
  'M6 3.6h12v2H6zM6 18.4h12v2H6z',
  'M3.5 14v6.5h6.5zM14 3.5h6.5v6.5z',
] as const

export const markOf = (tier: number): string => TIER_MARKS[tier % TIER_MARKS.length] ?? ''

/** A tier's letter, as it stands beside its name: A for the dearest. */
export const letterOf = (tier: number): string => String.fromCharCode(65 + (tier % 26))

export const WHEELCHAIR = 'M10 5.2v.1M10 9v6h5.5l2.5 4.5M7.3 11.8a4.8 4.8 0 1 0 6.6 6'
const CHECK = 'M7 12.5l3.5 3.5 6.5-8'
const DASH = 'M8 12h8'

const pathOf = (path: string): Path2D => new Path2D(path)

/** Seats in all their looks at one size, painted when first needed and copied from then on. */
export class Sprites {
  readonly size: number
  readonly #palette: Palette
  readonly #canvas: OffscreenCanvas
  readonly #context: OffscreenCanvasRenderingContext2D | null
  readonly #painted: Uint8Array

  /** @param size of a seat, in whole device pixels. */
  constructor(size: number, tiers: number, palette: Palette) {
    this.size = size
    this.#palette = palette
    const places = LOOKS.length * 2
    this.#canvas = new OffscreenCanvas(size * places, size * Math.max(1, tiers))
    this.#context = this.#canvas.getContext('2d')
    this.#painted = new Uint8Array(places * Math.max(1, tiers))
  }

  /** Puts a seat with its upper left corner at a place, in device pixels. */
  put(
    on: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
    look: Look,
    tier: number,
    accessible: boolean,
    x: number,
    y: number,
  ): void {
    if (look === 'hidden') return
    const column = LOOKS.indexOf(look) * 2 + (accessible ? 1 : 0)
    const row = Math.max(0, tier)
    const { size } = this
    const place = row * LOOKS.length * 2 + column
    if (this.#painted[place] === 0) {
      this.#painted[place] = 1
      this.#paint(look, row, accessible, column * size, row * size)
    }
    on.drawImage(this.#canvas, column * size, row * size, size, size, x, y, size, size)
  }

  #paint(look: Look, tier: number, accessible: boolean, x: number, y: number): void {
    const context = this.#context
    if (!context) return
    const { size } = this
    const colour = this.#palette.tiers[tier % this.#palette.tiers.length] ?? this.#palette.ink
    context.save()
    context.beginPath()
    context.rect(x, y, size, size)
    context.clip()
    context.translate(x, y)
    context.scale(size / 24, size / 24)
    const unit = 24 / size // one device pixel
    const body = (inset: number) => {
      context.beginPath()
      context.roundRect(inset, inset, 24 - 2 * inset, 24 - 2 * inset, size < 8 ? 4 : 6)
    }
    const draw = (path: string, width: number) => {
      context.lineWidth = Math.max(width, unit)
      context.lineCap = context.lineJoin = 'round'
      context.stroke(pathOf(path))
    }
    if (look === 'free') {
      body(0.8)
      context.fillStyle = colour
      context.fill()
      context.fillStyle = context.strokeStyle = this.#palette.onTier
      context.clip()
      if (size >= 8) context.fill(pathOf(markOf(tier)))
      if (accessible && size >= 8) draw(WHEELCHAIR, 2)
    } else if (look === 'aside') {
      body(2.4)
      context.strokeStyle = colour
      context.lineWidth = Math.max(1.4, unit)
      context.stroke()
    } else if (look === 'chosen') {
      body(0)
      context.fillStyle = this.#palette.chosen
      context.fill()
      context.strokeStyle = this.#palette.onChosen
      draw(CHECK, 2.8)
    } else if (look === 'mine') {
      body(1.6)
      context.strokeStyle = this.#palette.chosen
      context.lineWidth = Math.max(2.4, unit)
      context.stroke()
      draw(CHECK, 2.4)
    } else if (look === 'held') {
      body(2.4)
      context.strokeStyle = this.#palette.taken
      context.lineWidth = Math.max(1.6, unit)
      context.stroke()
      if (size >= 8) draw(DASH, 2)
    } else {
      body(look === 'sold' ? 7.2 : 8.4)
      context.fillStyle = context.strokeStyle = this.#palette.taken
      if (look === 'sold') context.fill()
      else {
        context.lineWidth = Math.max(1.2, unit)
        context.stroke()
      }
    }
    context.restore()
  }
}
