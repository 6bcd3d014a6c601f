import { type Box, emptyBox, widen } from '../engine/box.ts'
import type { Hall } from '../engine/hall.ts'
import { between, type Camera, CameraRules } from './camera.ts'
import { FarView } from './far-view.ts'
import { listenToGestures } from './gestures.ts'
import { NearView } from './near-view.ts'
import { onPaletteChange, type Palette, readPalette } from './palette.ts'
import { drawGround, drawNames, drawRing, type Place, type SceneryWords } from './scenery.ts'

export interface SeatViewListeners {
  /** A seat was tapped that is large enough to be meant. */
  tapped(seat: number): void
  /** The mouse is over a seat, at a place of the canvas in CSS pixels; -1: over none. */
  hovered(seat: number, x: number, y: number): void
  /** Whether it can be zoomed further in and out. */
  zoomed(canZoomIn: boolean, canZoomOut: boolean): void
}

/** So many seats are drawn one by one in any frame. */
const FEW = 1_500
/** So many are drawn from tiles rather than as a bitmap, however small. */
const SOME = 4_000
/** What drawing new tiles may take of a frame. */
const TILE_BUDGET_MS = 2.5
/** The scale has settled when it stayed for so long. */
const SETTLE_MS = 140
const MOVE_MS = 320
/** Seats smaller than this, in CSS pixels, are not meant one by one: a tap there goes nearer. */
const SMALLEST_FOR_MOUSE = 7
const SMALLEST_FOR_FINGER = 14
const CHOOSING_SEAT = 30
const DOUBLE_TAP_MS = 320
/** A glide loses this part of its speed each millisecond. */
const FRICTION = 0.006

/** Whether this person wants nothing to move by itself. */
const isStill = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches

/**
 * The map on a canvas. It draws when something has changed and at no other time: from afar one bitmap, from near tiles. How it stands can be
 * read off the canvas (`data-scale`, `data-x`, `data-y` in CSS pixels; `data-seats` in sight; `data-settled`), by tests and benches.
 */
export class SeatView {
  readonly #canvas: HTMLCanvasElement
  readonly #context: CanvasRenderingContext2D
  readonly #listeners: SeatViewListeners
  readonly #words: () => SceneryWords
  readonly #closing = new AbortController()
  readonly #hall: Hall
  readonly #rules: CameraRules
  #palette: Palette
  #camera: Camera = { scale: 1, x: 0, y: 0 }
  #far: FarView | null = null
  #near: NearView | null = null
  #changed = new Set<number>()
  #frame = 0
  #ratio = 1
  #width = 0
  #height = 0
  #move: { from: Camera; to: Camera; at: number } | null = null
  #glide: { x: number; y: number; at: number } | null = null
  #zoomedAt = -Infinity
  #settleTimer: ReturnType<typeof setTimeout> | undefined
  #fitted = true
  #ring = -1
  #tappedAt = -Infinity

  /** @throws Error where there is no canvas to draw on. */
  constructor(
    canvas: HTMLCanvasElement,
    hall: Hall,
    words: () => SceneryWords,
    listeners: SeatViewListeners,
  ) {
    const context = canvas.getContext('2d')
    if (!context) throw new Error('no canvas')
    delete canvas.dataset.settled // of the hall before
    this.#canvas = canvas
    this.#hall = hall
    this.#rules = new CameraRules(hall.plan.box, hall.plan.geometry.seatSize)
    this.#context = context
    this.#words = words
    this.#listeners = listeners
    this.#palette = readPalette(canvas.parentElement ?? document.body)
    const { signal } = this.#closing
    const sizes = new ResizeObserver(() => this.#resize())
    sizes.observe(canvas)
    const endPalette = onPaletteChange(() => this.repaint())
    const unhear = hall.onChange((seats) => {
      if (seats === null) this.#far = this.#near = null
      else for (const seat of seats) this.#changed.add(seat)
      this.#draw()
    })
    signal.addEventListener('abort', () => {
      sizes.disconnect()
      endPalette()
      unhear()
      cancelAnimationFrame(this.#frame)
      clearTimeout(this.#settleTimer)
    })
    listenToGestures(canvas, this.#gestures(), signal)
    this.#resize()
  }

  close(): void {
    this.#closing.abort()
  }

  fit(): void {
    this.#moveTo(this.#rules.fit())
  }

  zoom(factor: number): void {
    this.#moveTo(
      this.#rules.zoomed(this.#move?.to ?? this.#camera, factor, this.#width / 2, this.#height / 2),
    )
  }

  /** Goes to where seats are, with what is around them, unless they are in sight and large enough. */
  goTo(seats: readonly number[]): void {
    if (seats.length === 0) return
    const { plan } = this.#hall
    const box = emptyBox()
    for (const seat of seats) widen(box, plan.x[seat] ?? 0, plan.y[seat] ?? 0)
    const { scale, x, y } = this.#camera
    const size = plan.geometry.seatSize
    const inside =
      box.left * scale + x > size * scale &&
      box.right * scale + x < this.#width - size * scale &&
      box.top * scale + y > size * scale &&
      box.bottom * scale + y < this.#height - size * scale
    if (inside && size * scale >= SMALLEST_FOR_FINGER) return
    this.goToBox(box, 6)
  }

  /** Goes to a part of the plan. @param air around it, in seats. */
  goToBox({ left, top, right, bottom }: Box, air = 1.5): void {
    const by = this.#hall.plan.geometry.seatSize * air
    const box = { left: left - by, top: top - by, right: right + by, bottom: bottom + by }
    this.#moveTo(this.#rules.clamp(this.#rules.showing(box, CHOOSING_SEAT)))
  }

  /** Draws a ring around a seat; -1: around none. */
  ring(seat: number): void {
    if (this.#ring === seat) return
    this.#ring = seat
    this.#draw()
  }

  /** Draws again with all that the page says and how it looks. */
  repaint(): void {
    this.#palette = readPalette(this.#canvas.parentElement ?? document.body)
    this.#far = this.#near = null
    this.#draw()
  }

  #resize(): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas
    const ratio = Math.min(3, devicePixelRatio || 1)
    if (width === 0 || height === 0) return
    if (width === this.#width && height === this.#height && ratio === this.#ratio) return
    const [by, down] = [(width - this.#width) / 2, (height - this.#height) / 2]
    this.#width = width
    this.#height = height
    this.#ratio = ratio
    this.#canvas.width = Math.round(width * ratio)
    this.#canvas.height = Math.round(height * ratio)
    this.#far = this.#near = null
    this.#rules.resize(width, height)
    this.#camera = this.#fitted ? this.#rules.fit() : this.#rules.panned(this.#camera, by, down)
    // An element that changes its size is blank until the next frame: there is none before what is seen now.
    this.#paint(performance.now())
  }

  #moveTo(to: Camera): void {
    this.#glide = null
    if (isStill()) this.#set(to)
    else this.#move = { from: this.#camera, to, at: performance.now() }
    this.#draw()
  }

  #set(camera: Camera): void {
    if (camera.scale !== this.#camera.scale) {
      this.#zoomedAt = performance.now()
      clearTimeout(this.#settleTimer)
      this.#settleTimer = setTimeout(() => this.#draw(), SETTLE_MS + 10)
    }
    this.#camera = camera
    delete this.#canvas.dataset.settled
    this.#draw()
  }

  #draw(): void {
    this.#frame ||= requestAnimationFrame((now) => {
      this.#frame = 0
      this.#animate(now)
      this.#paint(now)
    })
  }

  #animate(now: number): void {
    if (this.#move) {
      const { from, to, at } = this.#move
      const part = Math.min(1, Math.max(0, now - at) / MOVE_MS)
      const eased = 1 - (1 - part) ** 3
      if (part === 1) this.#move = null
      this.#set(part === 1 ? to : between(from, to, eased))
    } else if (this.#glide) {
      const { x, y, at } = this.#glide
      const passed = Math.max(0, now - at)
      const slower = Math.exp(-FRICTION * passed)
      this.#glide = Math.hypot(x, y) * slower < 0.02 ? null : { x: x * slower, y: y * slower, at: now }
      this.#set(this.#rules.panned(this.#camera, x * passed, y * passed))
    }
  }

  #paint(now: number): void {
    const [hall, rules] = [this.#hall, this.#rules]
    if (this.#width === 0) return
    const began = performance.now()
    const ratio = this.#ratio
    const { scale } = this.#camera
    const stand = {
      scale: scale * ratio,
      x: Math.round(this.#camera.x * ratio),
      y: Math.round(this.#camera.y * ratio),
    }
    const place = {
      scale,
      x: stand.x / ratio,
      y: stand.y / ratio,
      width: this.#width,
      height: this.#height,
    }
    const seen = hall.plan.index.atMostWithin(
      -place.x / scale,
      -place.y / scale,
      (this.#width - place.x) / scale,
      (this.#height - place.y) / scale,
    )
    this.#far ??= new FarView(hall, this.#palette, rules.fit().scale * ratio)
    if (this.#changed.size > 0) {
      this.#far.mend(this.#changed)
      this.#near?.mend(this.#changed)
      this.#changed.clear()
    }
    const far = this.#far
    const zooming = this.#move !== null || now - this.#zoomedAt < SETTLE_MS
    const on = this.#context
    on.resetTransform()
    on.clearRect(0, 0, on.canvas.width, on.canvas.height)
    on.scale(ratio, ratio)
    drawGround(on, hall, this.#palette, this.#words(), place)
    on.resetTransform()
    let complete = true
    if (seen > SOME && stand.scale <= far.scale * 1.05) {
      far.draw(on, stand, [0, 0, on.canvas.width, on.canvas.height])
    } else if (zooming && this.#near?.scale !== stand.scale) {
      if (seen <= FEW) new NearView(hall, this.#palette, stand.scale, ratio).drawAtOnce(on, stand)
      else far.draw(on, stand, [0, 0, on.canvas.width, on.canvas.height])
    } else {
      if (this.#near?.scale !== stand.scale)
        this.#near = new NearView(hall, this.#palette, stand.scale, ratio)
      const deadline = began + TILE_BUDGET_MS
      complete = this.#near.draw(on, stand, deadline, (rectangle) => far.draw(on, stand, rectangle))
    }
    on.scale(ratio, ratio)
    drawNames(on, hall, this.#palette, place)
    if (this.#ring !== -1) drawRing(on, hall.plan, this.#ring, this.#palette, place)
    if (!complete || this.#move || this.#glide) this.#draw()
    else if (!zooming) this.#settled(place)
  }

  #settled({ scale, x, y, width, height }: Place): void {
    const { dataset } = this.#canvas
    if (dataset.settled !== undefined) return
    this.#fitted = scale <= this.#rules.fit().scale * 1.001
    let seats = 0
    this.#hall.plan.index.within(-x / scale, -y / scale, (width - x) / scale, (height - y) / scale, () => {
      seats += 1
    })
    Object.assign(dataset, { scale, x, y, seats, settled: '' })
    // What is seen whole is no reason to keep a finger from scrolling the page.
    this.#canvas.classList.toggle('seat-map__canvas--whole', this.#fitted)
    this.#listeners.zoomed(scale < this.#rules.most * 0.999, !this.#fitted)
  }

  #gestures(): Parameters<typeof listenToGestures>[1] {
    const stop = () => {
      this.#move = this.#glide = null
    }
    const seatAt = (x: number, y: number, reach: number): number => {
      const hall = this.#hall
      const { scale, x: left, y: top } = this.#camera
      const shown = (seat: number) => hall.lookOf(seat) !== 'hidden'
      return hall.plan.index.nearest((x - left) / scale, (y - top) / scale, reach / scale, shown)
    }
    return {
      panBy: (x, y) => {
        stop()
        this.#set(this.#rules.panned(this.#camera, x, y))
      },
      zoomAt: (factor, x, y) => {
        stop()
        this.#set(this.#rules.zoomed(this.#camera, factor, x, y))
      },
      release: (x, y) => {
        if (Math.hypot(x, y) > 0.1 && !isStill()) this.#glide = { x, y, at: performance.now() }
        this.#draw()
      },
      tap: (x, y, fine) => {
        const [hall, rules, now] = [this.#hall, this.#rules, performance.now()]
        const size = hall.plan.geometry.seatSize * this.#camera.scale
        const seat = seatAt(x, y, fine ? size * 0.7 : Math.max(size * 0.7, 20))
        const meant = size >= (fine ? SMALLEST_FOR_MOUSE : SMALLEST_FOR_FINGER)
        const twice = now - this.#tappedAt < DOUBLE_TAP_MS
        this.#tappedAt = now
        if (seat !== -1 && meant) this.#listeners.tapped(seat)
        else if (seat !== -1) this.#moveTo(rules.zoomed(this.#camera, CHOOSING_SEAT / size, x, y))
        else if (twice) this.#moveTo(rules.zoomed(this.#camera, 2.2, x, y))
      },
      hover: (x, y) => {
        const size = this.#hall.plan.geometry.seatSize * this.#camera.scale
        const seat = size < SMALLEST_FOR_MOUSE ? -1 : seatAt(x, y, size * 0.7)
        this.ring(seat)
        this.#listeners.hovered(seat, x, y)
      },
      unhover: () => {
        this.ring(-1)
        this.#listeners.hovered(-1, 0, 0)
      },
      fit: () => this.fit(),
      canZoom: (inwards) =>
        inwards
          ? this.#camera.scale < this.#rules.most * 0.999
          : this.#camera.scale > this.#rules.fit().scale * 1.001,
    }
  }
}
