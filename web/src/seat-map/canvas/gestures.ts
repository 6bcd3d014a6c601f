/** What fingers, a mouse and keys do to the map. Places are CSS pixels of the canvas. */
export interface GestureTarget {
  panBy(x: number, y: number): void
  zoomAt(factor: number, x: number, y: number): void
  /** Fingers have left it: it may glide on, in pixels a millisecond. */
  release(speedX: number, speedY: number): void
  /** @param fine whether by something as exact as a mouse. */
  tap(x: number, y: number, fine: boolean): void
  hover(x: number, y: number): void
  unhover(): void
  fit(): void
  /** Whether a turn of the wheel in this direction would do anything; else the page scrolls. */
  canZoom(inwards: boolean): boolean
}

/** Further than this a finger has dragged, not tapped. */
const TAP_SLOP = 8
const KEY_PAN = 80
const KEY_ZOOM = 1.4
/** A finger that rested so long before it left does not throw the map. */
const REST_MS = 60

interface Finger {
  x: number
  y: number
}

/** Listens to a canvas until `signal` aborts. */
export function listenToGestures(
  canvas: HTMLCanvasElement,
  target: GestureTarget,
  signal: AbortSignal,
): void {
  const fingers = new Map<number, Finger>()
  let began: Finger | null = null
  let speed = { x: 0, y: 0, at: 0 }
  const place = (event: MouseEvent): Finger => {
    const { left, top } = canvas.getBoundingClientRect()
    return { x: event.clientX - left, y: event.clientY - top }
  }
  const listen = <K extends keyof HTMLElementEventMap>(
    type: K,
    listener: (event: HTMLElementEventMap[K]) => void,
    options: AddEventListenerOptions = {},
  ) => canvas.addEventListener(type, listener, { ...options, signal })

  listen('pointerdown', (event) => {
    if (event.button !== 0) return
    canvas.setPointerCapture(event.pointerId)
    fingers.set(event.pointerId, place(event))
    began = fingers.size === 1 ? place(event) : null
    speed = { x: 0, y: 0, at: event.timeStamp }
    target.unhover()
  })
  listen('pointermove', (event) => {
    const [now, before] = [place(event), fingers.get(event.pointerId)]
    if (!before) {
      if (event.pointerType === 'mouse') target.hover(now.x, now.y)
      return
    }
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1]
    if (other) {
      fingers.set(event.pointerId, now)
      const apart = (one: Finger) => Math.hypot(one.x - other.x, one.y - other.y) || 1
      target.panBy((now.x - before.x) / 2, (now.y - before.y) / 2)
      target.zoomAt(apart(now) / apart(before), (now.x + other.x) / 2, (now.y + other.y) / 2)
      return
    }
    if (began && Math.hypot(now.x - began.x, now.y - began.y) < TAP_SLOP) return
    fingers.set(event.pointerId, now)
    if (began)
      began = null // what it took to be a drag is not jumped over
    else {
      const passed = Math.max(1, event.timeStamp - speed.at)
      speed = { x: (now.x - before.x) / passed, y: (now.y - before.y) / passed, at: event.timeStamp }
      target.panBy(now.x - before.x, now.y - before.y)
    }
  })
  const leave = (event: PointerEvent, tapped: boolean) => {
    if (!fingers.delete(event.pointerId)) return
    const { x, y } = place(event)
    if (tapped && began && fingers.size === 0) target.tap(x, y, event.pointerType === 'mouse')
    else if (fingers.size === 0) {
      const rested = event.timeStamp - speed.at > REST_MS
      target.release(rested ? 0 : speed.x, rested ? 0 : speed.y)
    }
    began = null
  }
  listen('pointerup', (event) => leave(event, true))
  listen('pointercancel', (event) => leave(event, false))
  listen('pointerleave', () => target.unhover())
  listen(
    'wheel',
    (event) => {
      if (!target.canZoom(event.deltaY < 0)) return
      event.preventDefault()
      const { x, y } = place(event)
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1
      // Two fingers on a trackpad come as a wheel with ctrl, in smaller steps.
      target.zoomAt(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0022)), x, y)
    },
    { passive: false },
  )
  listen('keydown', (event) => {
    const { clientWidth: width, clientHeight: height } = canvas
    const zoom = (factor: number) => target.zoomAt(factor, width / 2, height / 2)
    const keys: Record<string, () => void> = {
      ArrowLeft: () => target.panBy(KEY_PAN, 0),
      ArrowRight: () => target.panBy(-KEY_PAN, 0),
      ArrowUp: () => target.panBy(0, KEY_PAN),
      ArrowDown: () => target.panBy(0, -KEY_PAN),
      '+': () => zoom(KEY_ZOOM),
      '=': () => zoom(KEY_ZOOM),
      '-': () => zoom(1 / KEY_ZOOM),
      '0': () => target.fit(),
    }
    const act = keys[event.key]
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    act()
  })
}
