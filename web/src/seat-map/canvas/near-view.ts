import { ACCESSIBLE, hasFlag, seatLabel } from '../engine/geometry.ts'
import type { Hall } from '../engine/hall.ts'
import type { Palette } from './palette.ts'
import { Sprites } from './sprites.ts'

/** Width and height of a tile, in device pixels. */
const TILE = 256
/** Tiles of a screen and a half; those longest unseen go first. */
const MOST_TILES = 160
/** A seat so large, in CSS pixels, has its number on it. */
const LABELLED = 17
/** How much of a seat's place it fills. */
const FILL = 0.86

interface Tile {
  readonly canvas: OffscreenCanvas
  readonly context: OffscreenCanvasRenderingContext2D | null
}

/** Where the plan stands on the screen, in device pixels; whole ones, so that tiles are copied as they are. */
export interface Stand {
  readonly scale: number
  readonly x: number
  readonly y: number
}

/**
 * Seats one by one, at one scale: in tiles that are drawn once and copied for as long as they are seen, so that a frame of a pan costs what
 * comes newly into sight, within its time.
 */
export class NearView {
  readonly scale: number
  readonly #hall: Hall
  readonly #palette: Palette
  readonly #ratio: number
  readonly #sprites: Sprites
  readonly #tiles = new Map<string, Tile>()

  /** @param scale device pixels to a unit of the plan. @param ratio device pixels to a CSS pixel. */
  constructor(hall: Hall, palette: Palette, scale: number, ratio: number) {
    this.scale = scale
    this.#hall = hall
    this.#palette = palette
    this.#ratio = ratio
    const size = Math.max(2, Math.round(hall.plan.geometry.seatSize * scale * FILL))
    this.#sprites = new Sprites(size, hall.tiers.length, palette)
  }

  /**
   * Copies what is seen.
   * @param deadline by `performance.now()`: tiles that are not drawn by then are left to a later frame, but for one in each.
   * @param missing told the rectangle of each that is not there yet. @returns whether all were.
   */
  draw(
    on: CanvasRenderingContext2D,
    { x, y }: Stand,
    deadline: number,
    missing: (rectangle: [x: number, y: number, width: number, height: number]) => void,
  ): boolean {
    const { width, height } = on.canvas
    let complete = true
    let made = 0
    for (let row = Math.floor(-y / TILE); row * TILE + y < height; row++)
      for (let column = Math.floor(-x / TILE); column * TILE + x < width; column++) {
        const [left, top] = [column * TILE + x, row * TILE + y]
        let tile = this.#known(column, row)
        if (!tile && (made === 0 || performance.now() < deadline)) {
          tile = this.#make(column, row)
          made += 1
        }
        if (tile) on.drawImage(tile.canvas, left, top)
        else {
          complete = false
          missing([left, top, TILE, TILE])
        }
      }
    return complete
  }

  /** Draws seats straight onto the screen, as while the scale changes from frame to frame. */
  drawAtOnce(on: CanvasRenderingContext2D, { x, y }: Stand): void {
    on.save()
    on.translate(x, y)
    this.#drawSeats(on, -x, -y, on.canvas.width, on.canvas.height)
    on.restore()
  }

  /** Draws seats as they are now, where they have been drawn. */
  mend(seats: Iterable<number>): void {
    const { size } = this.#sprites
    for (const seat of seats) {
      const [x, y] = this.#corner(seat)
      for (let row = Math.floor(y / TILE); row * TILE < y + size; row++)
        for (let column = Math.floor(x / TILE); column * TILE < x + size; column++) {
          const context = this.#tiles.get(`${column},${row}`)?.context
          if (!context) continue
          context.save()
          context.translate(-column * TILE, -row * TILE)
          context.clearRect(x, y, size, size)
          this.#labelStyle(context)
          this.#drawSeat(context, seat)
          context.restore()
        }
    }
  }

  #known(column: number, row: number): Tile | undefined {
    const key = `${column},${row}`
    const tile = this.#tiles.get(key)
    if (!tile) return undefined
    // The last of a Map is the one seen last.
    this.#tiles.delete(key)
    this.#tiles.set(key, tile)
    return tile
  }

  #make(column: number, row: number): Tile {
    const canvas = new OffscreenCanvas(TILE, TILE)
    const context = canvas.getContext('2d')
    if (context) {
      context.translate(-column * TILE, -row * TILE)
      this.#drawSeats(context, column * TILE, row * TILE, TILE, TILE)
      context.resetTransform()
    }
    const tile = { canvas, context }
    const [oldest] = this.#tiles.keys()
    if (this.#tiles.size >= MOST_TILES && oldest !== undefined) this.#tiles.delete(oldest)
    this.#tiles.set(`${column},${row}`, tile)
    return tile
  }

  #drawSeats(
    on: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
    left: number,
    top: number,
    width: number,
    height: number,
  ): void {
    const { scale } = this
    const air = this.#sprites.size
    this.#labelStyle(on)
    this.#hall.plan.index.within(
      (left - air) / scale,
      (top - air) / scale,
      (left + width + air) / scale,
      (top + height + air) / scale,
      (seat) => this.#drawSeat(on, seat),
    )
  }

  #drawSeat(on: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D, seat: number): void {
    const { plan } = this.#hall
    const look = this.#hall.lookOf(seat)
    const accessible = hasFlag(plan, seat, ACCESSIBLE)
    const [x, y] = this.#corner(seat)
    const { size } = this.#sprites
    this.#sprites.put(on, look, this.#hall.tierAt(seat), accessible, x, y)
    if (look === 'free' && !accessible && size >= LABELLED * this.#ratio)
      on.fillText(seatLabel(plan, seat), x + size / 2, y + size / 2 + this.#ratio * 0.5, size * 0.8)
  }

  #labelStyle(on: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D): void {
    on.fillStyle = this.#palette.onTier
    on.font = `600 ${Math.round(this.#sprites.size * 0.42)}px ${this.#palette.font}`
    on.textAlign = 'center'
    on.textBaseline = 'middle'
  }

  /** Upper left corner of a seat, in device pixels from the plan's origin. */
  #corner(seat: number): [x: number, y: number] {
    const { x, y } = this.#hall.plan
    const half = this.#sprites.size / 2
    return [Math.round((x[seat] ?? 0) * this.scale - half), Math.round((y[seat] ?? 0) * this.scale - half)]
  }
}
