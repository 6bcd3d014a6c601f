import { emptyBox, middleOf, type Point, widen } from '../engine/box.ts'
import type { SeatPlan } from '../engine/geometry.ts'
import type { Hall } from '../engine/hall.ts'
import type { Palette } from './palette.ts'
import { letterOf } from './sprites.ts'

/** What the map says in the person's language. */
export interface SceneryWords {
  /** Where a drawing has no stage of its own: which side is the front. */
  front: string
  stage: string
}

/** Where the plan stands, in CSS pixels. */
export interface Place {
  readonly scale: number
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Seats so large, in CSS pixels, have the letters of their rows beside them; smaller ones the names of their sections over them. */
const ROWS_NAMED_FROM = 11

/** What stands beneath the seats: outlines, tables, standing areas, the stage. */
export function drawGround(
  on: CanvasRenderingContext2D,
  hall: Hall,
  palette: Palette,
  words: SceneryWords,
  place: Place,
): void {
  const { geometry, box } = hall.plan
  const toX = (x: number) => x * place.scale + place.x
  const toY = (y: number) => y * place.scale + place.y
  const shape = (outline: readonly Point[]) => {
    on.beginPath()
    for (const point of outline) on.lineTo(toX(point.x), toY(point.y))
    on.closePath()
  }
  const writeInside = (colour: string, size: number, text: string, outline: readonly Point[]) => {
    const box = emptyBox()
    for (const { x, y } of outline) widen(box, x, y)
    const { x, y } = middleOf(box)
    write(on, colour, palette.font, size, text, toX(x), toY(y))
  }
  on.lineWidth = 1
  on.strokeStyle = palette.line
  const seen = ({ floor }: { floor: string | null }) =>
    hall.floor === null || floor === null || floor === hall.floor
  for (const section of geometry.sections.filter(seen)) {
    if (section.outline) {
      shape(section.outline)
      on.stroke()
    }
    on.fillStyle = palette.stage
    for (const table of section.tables) {
      on.save()
      on.translate(toX(table.x), toY(table.y))
      on.rotate(((table.rotation ?? 0) * Math.PI) / 180)
      on.beginPath()
      if (table.width !== undefined && table.height !== undefined) {
        const [width, height] = [table.width * place.scale, table.height * place.scale]
        on.roundRect(-width / 2, -height / 2, width, height, 4)
      } else on.arc(0, 0, Math.max(2, (table.radius ?? geometry.seatSize) * place.scale), 0, 2 * Math.PI)
      on.fill()
      on.restore()
    }
  }
  for (const area of geometry.standing.filter(seen)) {
    shape(area.outline)
    on.setLineDash([5, 5])
    on.stroke()
    on.setLineDash([])
    writeInside(palette.quiet, 12, area.name, area.outline)
  }
  on.fillStyle = palette.stage
  if (geometry.stage) {
    shape(geometry.stage.outline)
    on.fill()
    writeInside(palette.ink, 13, geometry.stage.label ?? words.stage, geometry.stage.outline)
  } else {
    // A slim bar along the front: enough to know which way one looks.
    const [left, right, y] = [toX(box.left), toX(box.right), toY(box.top)]
    on.beginPath()
    on.roundRect(left + (right - left) * 0.15, y - 6, (right - left) * 0.7, 5, 2.5)
    on.fill()
    write(on, palette.quiet, palette.font, 12, words.front, (left + right) / 2, y - 16)
  }
  for (const label of geometry.labels.filter(seen)) {
    const size = Math.min(20, (label.size ?? geometry.seatSize) * place.scale)
    if (size < 7) continue
    on.save()
    on.translate(toX(label.x), toY(label.y))
    on.rotate((label.rotation * Math.PI) / 180)
    write(on, palette.quiet, palette.font, size, label.text, 0, 0)
    on.restore()
  }
}

/** What stands above the seats: names of sections from afar, of rows from near. */
export function drawNames(on: CanvasRenderingContext2D, hall: Hall, palette: Palette, place: Place): void {
  const { plan } = hall
  const seat = plan.geometry.seatSize * place.scale
  if (seat >= ROWS_NAMED_FROM) nameRows(on, plan, palette, place)
  else nameSections(on, hall, palette, place)
}

function nameRows(on: CanvasRenderingContext2D, plan: SeatPlan, palette: Palette, place: Place): void {
  const { scale, x, y, width, height } = place
  const seat = plan.geometry.seatSize * scale
  const size = Math.min(13, seat * 0.6)
  for (const row of plan.rows) {
    if (row.label === '') continue
    const [first, last] = [row.first, row.first + row.count - 1]
    for (const [end, inner] of [
      [first, Math.min(first + 1, last)],
      [last, Math.max(last - 1, first)],
    ] as const) {
      const [endX, endY] = [plan.x[end] ?? 0, plan.y[end] ?? 0]
      const [alongX, alongY] =
        end === inner
          ? [end === first ? -1 : 1, 0]
          : [endX - (plan.x[inner] ?? 0), endY - (plan.y[inner] ?? 0)]
      const length = Math.hypot(alongX, alongY) || 1
      const left = (endX + (alongX / length) * plan.geometry.seatSize) * scale + x
      const top = (endY + (alongY / length) * plan.geometry.seatSize) * scale + y
      if (left < -20 || left > width + 20 || top < -20 || top > height + 20) continue
      write(on, palette.quiet, palette.font, size, row.label, left, top)
    }
  }
}

function nameSections(on: CanvasRenderingContext2D, hall: Hall, palette: Palette, place: Place): void {
  const { scale, x, y, width, height } = place
  const written: (readonly [x: number, y: number, half: number])[] = []
  for (const [at, { name, box, floor, anchor }] of hall.plan.sections.entries()) {
    if (hall.floor !== null && floor !== null && floor !== hall.floor) continue
    const [left, right] = [box.left * scale + x, box.right * scale + x]
    const [top, bottom] = [box.top * scale + y, box.bottom * scale + y]
    if (right < 0 || left > width || bottom < 0 || top > height) continue
    const tier = hall.tierOfSection(at)
    on.font = `600 11.5px ${palette.font}`
    const room = right - left + 8
    const full = tier === -1 ? name : `${name} · ${letterOf(tier)}`
    const text = [full, name].find((words) => on.measureText(words).width + 12 <= room)
    if (text === undefined || bottom - top < 10) continue
    const half = on.measureText(text).width / 2 + 6
    const [middleX, middleY] = [anchor.x * scale + x, anchor.y * scale + y]
    const overlaps = ([otherX, otherY, otherHalf]: (typeof written)[number]) =>
      Math.abs(otherX - middleX) < half + otherHalf + 2 && Math.abs(otherY - middleY) < 20
    if (written.some(overlaps)) continue
    written.push([middleX, middleY, half])
    on.fillStyle = palette.paper
    on.beginPath()
    on.roundRect(middleX - half, middleY - 9, half * 2, 18, 9)
    on.fill()
    write(on, palette.ink, palette.font, 11.5, text, middleX, middleY)
  }
}

/** A ring around a seat: where the mouse or the list is. */
export function drawRing(
  on: CanvasRenderingContext2D,
  plan: SeatPlan,
  seat: number,
  palette: Palette,
  { scale, x, y }: Place,
): void {
  const half = Math.max(5, (plan.geometry.seatSize * scale) / 2 + 1)
  on.strokeStyle = palette.focus
  on.lineWidth = 2.5
  on.beginPath()
  on.roundRect(
    (plan.x[seat] ?? 0) * scale + x - half,
    (plan.y[seat] ?? 0) * scale + y - half,
    half * 2,
    half * 2,
    half * 0.6,
  )
  on.stroke()
}

function write(
  on: CanvasRenderingContext2D,
  colour: string,
  font: string,
  size: number,
  text: string,
  x: number,
  y: number,
): void {
  on.fillStyle = colour
  on.font = `600 ${size}px ${font}`
  on.textAlign = 'center'
  on.textBaseline = 'middle'
  on.fillText(text, x, y)
}
