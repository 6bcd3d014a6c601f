export interface Point {
  x: number
  y: number
}

export interface Box {
  left: number
  top: number
  right: number
  bottom: number
}

export const emptyBox = (): Box => ({ left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity })

/** Makes a box hold a point. */
export function widen(box: Box, x: number, y: number): void {
  box.left = Math.min(box.left, x)
  box.right = Math.max(box.right, x)
  box.top = Math.min(box.top, y)
  box.bottom = Math.max(box.bottom, y)
}

/** What holds all points of two lists. */
export function boxOf(x: Float32Array, y: Float32Array): Box {
  let { left, top, right, bottom } = emptyBox()
  for (let i = 0; i < x.length; i++) {
    const atX = x[i] ?? 0
    const atY = y[i] ?? 0
    if (atX < left) left = atX
    if (atX > right) right = atX
    if (atY < top) top = atY
    if (atY > bottom) bottom = atY
  }
  return { left, top, right, bottom }
}

export const middleOf = ({ left, top, right, bottom }: Box): Point => ({
  x: (left + right) / 2,
  y: (top + bottom) / 2,
})
