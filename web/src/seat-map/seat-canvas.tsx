import { effect, useSignal } from '@preact/signals'
import { useEffect, useId, useLayoutEffect, useRef } from 'preact/hooks'
import { useTexts } from '../texts/index.ts'
import { IconButton } from '../ui/icon-button.tsx'
import { RadioGroup } from '../ui/radio-group.tsx'
import { SeatView } from './canvas/seat-view.ts'
import { areStacked, floorsOf } from './engine/floors.ts'
import type * as laterParts from './later.ts'
import type { Picking, Totals } from './picking.ts'
import { SeatSymbol } from './seat-symbol.tsx'
import type { Hover } from './seat-tip.tsx'

/** Whether this browser can draw the map at all. */
export const hasCanvas = (): boolean => typeof OffscreenCanvas !== 'undefined'

/** Measured from the map's coming into the page; drawing and statuses are unpacked meanwhile. */
const FIRST_DRAW = 'seat-map:first-draw'

/** The map to look at and to tap. All that can be done here can be done in the lists. */
export function SeatCanvas<H>({
  picking,
  totals,
}: {
  picking: Picking<H, typeof laterParts>
  totals: Totals
}) {
  const t = useTexts('seat-map')
  const words = useRef(t)
  words.current = t
  const canvas = useRef<HTMLCanvasElement>(null)
  const view = useRef<SeatView | null>(null)
  const hover = useSignal<Hover | null>(null)
  const zoom = useSignal({ in: true, out: false })
  const broken = useSignal(!hasCanvas())
  const help = useId()
  const hall = picking.hall.value
  const later = picking.later.value

  useLayoutEffect(() => void performance.mark(FIRST_DRAW), [])
  useLayoutEffect(() => {
    hover.value = null // of a seat of the hall before
    if (!canvas.current || !hall) return
    try {
      const made = new SeatView(canvas.current, hall, () => words.current, {
        tapped: (seat) => picking.tap(seat),
        hovered: (seat, x, y) => {
          hover.value = seat === -1 ? null : { seat, x, y }
        },
        zoomed: (canZoomIn, canZoomOut) => {
          zoom.value = { in: canZoomIn, out: canZoomOut }
          void picking.load() // it is drawn
        },
      })
      if (!view.current) performance.measure(FIRST_DRAW, FIRST_DRAW)
      view.current = made
      return () => made.close()
    } catch {
      broken.value = true // the lists are there
    }
  }, [picking, hall])
  useEffect(() => view.current?.repaint(), [t])
  useEffect(() => effect(() => view.current?.goTo(picking.looked.value)), [picking])

  if (broken.value) return <p>{t.noCanvas}</p>
  const floors = hall ? floorsOf(hall.plan) : []
  return (
    <div class="seat-map">
      {hall && floors.length > 1 && (
        <div class="seat-map__floors">
          <RadioGroup
            label={t.floors}
            hideLabel
            look="chips"
            name={`${help}-floor`}
            value={hall.floor ?? ''}
            options={[
              ...(areStacked(floors) ? [] : [{ value: '', label: t.allFloors }]),
              ...floors.map(({ id, name }) => ({ value: id, label: name })),
            ]}
            onChange={(floor) => {
              picking.show(hall.filter, floor === '' ? null : floor)
              const box = floors.find(({ id }) => id === floor)?.box
              if (box) view.current?.goToBox(box)
              else view.current?.fit()
            }}
          />
        </div>
      )}
      <div class="seat-map__frame">
        <canvas
          ref={canvas}
          class="seat-map__canvas"
          role="img"
          tabIndex={0}
          aria-label={t.map(hall ? hall.freeOfSection.reduce((sum, free) => sum + free, 0) : 0)}
          aria-describedby={help}
        />
        <p class="visually-hidden" id={help}>
          {t.mapHelp}
        </p>
        {hall && hover.value && later && <later.SeatTip hall={hall} hover={hover.value} totals={totals} />}
      </div>
      <div class="seat-map__foot">
        <ul class="seat-legend">
          {(['chosen', 'held', 'sold'] as const).map((look) => (
            <li key={look}>
              <SeatSymbol look={look} /> {t.legend[look]}
            </li>
          ))}
        </ul>
        <div class="seat-map__zoom">
          <IconButton
            icon="minus"
            label={t.zoomOut}
            disabled={!zoom.value.out}
            onClick={() => view.current?.zoom(1 / 1.8)}
          />
          <IconButton
            icon="scan"
            label={t.fit}
            disabled={!zoom.value.out}
            onClick={() => view.current?.fit()}
          />
          <IconButton
            icon="plus"
            label={t.zoomIn}
            disabled={!zoom.value.in}
            onClick={() => view.current?.zoom(1.8)}
          />
        </div>
      </div>
    </div>
  )
}
