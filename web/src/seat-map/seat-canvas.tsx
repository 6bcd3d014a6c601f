import { useSignal } from '@preact/signals'
import { useEffect, useId, useLayoutEffect, useRef } from 'preact/hooks'
import { useTexts } from '../texts/index.ts'
import { IconButton } from '../ui/icon-button.tsx'
import { RadioGroup } from '../ui/radio-group.tsx'
import { SeatView } from './canvas/seat-view.ts'
import { ACCESSIBLE, COMPANION, OBSTRUCTED, type SeatPlan } from './engine/geometry.ts'
import { areStacked, floorsOf } from './engine/floors.ts'
import type { Hall } from './engine/hall.ts'
import type { Picking, Totals } from './picking.ts'
import { nameOf } from './seat-names.ts'
import { SeatSymbol } from './seat-symbol.tsx'

interface Hover {
  readonly seat: number
  readonly x: number
  readonly y: number
}

/** The map to look at and to tap. All that can be done here can be done in the lists. */
export function SeatCanvas<H>({ picking, totals }: { picking: Picking<H>; totals: Totals }) {
  const t = useTexts('seat-map')
  const words = useRef(t)
  words.current = t
  const canvas = useRef<HTMLCanvasElement>(null)
  const view = useRef<SeatView | null>(null)
  const hover = useSignal<Hover | null>(null)
  const zoom = useSignal({ in: true, out: false })
  const broken = useSignal(false)
  const help = useId()
  const hall = picking.hall.value

  useLayoutEffect(() => {
    if (!canvas.current) return
    try {
      const made = new SeatView(canvas.current, () => words.current, {
        tapped: (seat) => picking.tap(seat),
        hovered: (seat, x, y) => {
          hover.value = seat === -1 ? null : { seat, x, y }
        },
        zoomed: (canZoomIn, canZoomOut) => {
          zoom.value = { in: canZoomIn, out: canZoomOut }
        },
      })
      view.current = made
      return () => made.close()
    } catch {
      broken.value = true // the lists are there
    }
  }, [picking])
  useLayoutEffect(() => {
    if (hall) view.current?.show(hall)
  }, [hall])
  useEffect(() => view.current?.repaint(), [t])
  useEffect(() => picking.onLookAt((seats) => view.current?.goTo(seats)), [picking])

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
        {hall && hover.value && <SeatTip hall={hall} hover={hover.value} totals={totals} />}
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

/** What there is to know of the seat under the mouse. For eyes only: in the lists it stands as text. */
function SeatTip({ hall, hover: { seat, x, y }, totals }: { hall: Hall; hover: Hover; totals: Totals }) {
  const t = useTexts('seat-map')
  const box = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const [tip, frame] = [box.current, box.current?.parentElement]
    if (!tip || !frame) return
    const left = Math.min(Math.max(x - tip.offsetWidth / 2, 8), frame.clientWidth - tip.offsetWidth - 8)
    const above = y - tip.offsetHeight - 18
    tip.style.setProperty('inset-inline-start', `${left}px`)
    tip.style.setProperty('inset-block-start', `${above < 8 ? y + 22 : above}px`)
  })
  const look = hall.lookOf(seat)
  const tier = hall.tiers[hall.tierAt(seat)]
  return (
    <div class="seat-tip" ref={box} aria-hidden="true">
      <p class="seat-tip__name">{nameOf(t, hall.plan, seat)}</p>
      {look === 'free' || look === 'chosen' ? (
        tier && (
          <p>
            {tier.name}, <strong class="figures">{totals.text([tier.price], tier.currency)}</strong>
          </p>
        )
      ) : (
        <p>{t.looks[look]}</p>
      )}
      {traitsOf(hall.plan, seat).map((trait) => (
        <p key={trait} class="seat-tip__trait">
          {t.traits[trait]}
        </p>
      ))}
    </div>
  )
}

/** What is particular of a seat. */
export function traitsOf(plan: SeatPlan, seat: number): ('accessible' | 'companion' | 'obstructed')[] {
  const flags = plan.flags[seat] ?? 0
  const traits = [
    ['accessible', ACCESSIBLE],
    ['companion', COMPANION],
    ['obstructed', OBSTRUCTED],
  ] as const
  return traits.flatMap(([trait, flag]) => ((flags & flag) === 0 ? [] : [trait]))
}
