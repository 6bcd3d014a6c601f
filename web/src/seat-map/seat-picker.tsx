import type { Signal } from '@preact/signals'
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import type { ApiError } from '../api/api-error.ts'
import type { PickedHold } from '../generated/seat-map/hold.ts'
import { money } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Disclosure } from '../ui/disclosure.tsx'
import { Notice } from '../ui/notice.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import { Stepper } from '../ui/stepper.tsx'
import type { PricedLine } from '../ui/with-fees.ts'
import type { ChosenItem } from './api-desk.ts'
import { apiSource } from './api-source.ts'
import { ChosenSeats } from './chosen-seats.tsx'
import type { Hall } from './engine/hall.ts'
import type { MapSource } from './engine/live.ts'
import type * as later from './later.ts'
import { Picking, type SeatDesk, type Totals } from './picking.ts'
import { hasCanvas, SeatCanvas } from './seat-canvas.tsx'
import './seat-map.css'
import { TierList } from './tier-list.tsx'

/** With what is needed later. */
type WholePicking<H> = Picking<H, typeof later>

/** One hold keeps so many places. */
const MOST_PLACES = 10

/** What places cost with everything that is added; in the smallest unit of their currency. */
type WithFees = (lines: readonly PricedLine[]) => number

interface SeatPickerProps {
  eventId: string
  slug: string
  /** How many seats; the picker asks for it first, and changes it. */
  partySize: Signal<number>
  /** The seats are held: go on. */
  onHold(hold: PickedHold): void
  /** General admission that goes into the same hold. */
  items?: readonly ChosenItem[]
  /** Makes prices what is paid in the end. Left out: they are shown as they are, and nothing is said of fees. */
  withFees?: WithFees
  queuePass?: string | undefined
  accessCode?: string | undefined
  /** Asked before anything is held, as somebody has to be there to hold it for; false: they have turned back. */
  beforeHold?: (() => Promise<boolean>) | undefined
  /** Refusals that the page deals with itself (QUEUE_REQUIRED, UNAUTHENTICATED, SALE_NOT_OPEN …): true when it does. Others are told here. */
  onError?: ((error: ApiError) => boolean) | undefined
}

/** Choosing seats of an event, by map, by list, or the best in one tap; and holding them. */
export function SeatPicker(props: SeatPickerProps) {
  const latest = useRef(props)
  latest.current = props
  const { eventId, partySize } = props
  const source = useMemo(() => apiSource(eventId), [eventId])
  return (
    <Picker
      source={source}
      desk={({ apiDesk }) =>
        apiDesk(eventId, () => {
          const { items = [], queuePass, accessCode } = latest.current
          return { items, queuePass, accessCode }
        })
      }
      partySize={partySize}
      others={(props.items ?? []).reduce((sum, { quantity }) => sum + quantity, 0)}
      withFees={props.withFees}
      onHold={props.onHold}
      beforeHold={props.beforeHold}
      onError={props.onError}
    />
  )
}

interface PickerProps<H> {
  source: MapSource
  desk(code: typeof later): SeatDesk<H>
  partySize: Signal<number>
  /** Places that go into the same hold beside the seats. */
  others?: number
  withFees?: WithFees | undefined
  onHold(hold: H): void
  beforeHold?: (() => Promise<boolean>) | undefined
  onError?: ((error: ApiError) => boolean) | undefined
}

/** The picker, wherever its seats come from. */
export function Picker<H>(props: PickerProps<H>) {
  const t = useTexts('seat-map')
  const picking = usePicking(props)
  const { partySize, others = 0, withFees } = props
  const totals = useMemo(() => totalsOf(withFees, t.free), [withFees, t])
  const hall = picking.hall.value
  const party = partySize.value
  const state = picking.state.value
  if (state === 'none') return <Notice>{t.noMap}</Notice>
  return (
    <div class="seat-picker" aria-busy={!hall}>
      <div class="seat-picker__party">
        <span aria-hidden="true">{t.party}</span>
        <Stepper
          label={t.party}
          value={party}
          min={1}
          max={Math.max(1, MOST_PLACES - others)}
          onChange={(next) => (partySize.value = next)}
        />
      </div>
      <div class="seat-picker__list">
        <ListOfSeats picking={picking} party={party} totals={totals} />
      </div>
      <div class="seat-picker__tiers">
        {hall ? (
          <TierList picking={picking} hall={hall} party={party} totals={totals} />
        ) : (
          <Skeleton lines={4} />
        )}
      </div>
      <div class="seat-picker__map">
        {(state === 'reconnecting' || state === 'failed') && (
          <Notice tone="warning">{hall ? t.reconnecting : t.failed}</Notice>
        )}
        <SeatCanvas picking={picking} totals={totals} />
      </div>
      <div
        class={
          picking.chosen.value.length > 0
            ? 'seat-picker__summary seat-picker__summary--full'
            : 'seat-picker__summary'
        }
      >
        {hall && (
          <>
            <Told picking={picking} hall={hall} party={party} />
            <ChosenSeats picking={picking} hall={hall} party={party} totals={totals} />
          </>
        )}
      </div>
    </div>
  )
}

/** What somebody is told of their choice. */
function Told<H>({ picking, hall, party }: { picking: WholePicking<H>; hall: Hall; party: number }) {
  const note = picking.note.value
  const later = picking.later.value
  return (
    <div aria-live="polite">
      {later && note && <later.SeatNote note={note} picking={picking} hall={hall} party={party} />}
      {!later && <NotThere picking={picking} />}
    </div>
  )
}

function ListOfSeats<H>(props: { picking: WholePicking<H>; party: number; totals: Totals }) {
  const { picking } = props
  const t = useTexts('seat-map')
  const later = picking.later.value
  return (
    <Disclosure
      summary={t.list.title}
      open={!hasCanvas()}
      onToggle={(isOpen) => isOpen && void picking.need()}
    >
      {later ? <later.SeatList {...props} /> : <NotThere picking={picking} />}
    </Disclosure>
  )
}

/** In place of what has not come yet (`Picking.later`). */
function NotThere<H>({ picking }: { picking: WholePicking<H> }) {
  const { failed } = useTexts('app')
  if (!picking.isLate.value) return null
  return (
    <Notice
      tone="warning"
      actions={
        <Button size="s" onClick={() => void picking.need()}>
          {failed.retry}
        </Button>
      }
    >
      {failed.text}
    </Notice>
  )
}

function usePicking<H>(props: PickerProps<H>): WholePicking<H> {
  const latest = useRef(props)
  latest.current = props
  const { source, partySize: party } = props
  const picking = useMemo(
    () =>
      new Picking<H, typeof later>({
        source,
        load: () => import('./later.ts'),
        desk: (code) => latest.current.desk(code),
        party,
        beforeHold: () => latest.current.beforeHold?.() ?? Promise.resolve(true),
        held: (hold) => latest.current.onHold(hold),
        failed: (error) => latest.current.onError?.(error) ?? false,
      }),
    [source, party],
  )
  // Before the first frame: the map is asked for while that is drawn.
  useLayoutEffect(() => {
    picking.open()
    return () => picking.close()
  }, [picking])
  return picking
}

const totalsOf = (withFees: WithFees | undefined, free: string): Totals => ({
  withFees: withFees !== undefined,
  text(prices, currency) {
    const lines = prices.map((unitPrice) => ({ unitPrice, quantity: 1 }))
    const plain = prices.reduce((sum, price) => sum + price, 0)
    const total = withFees ? withFees(lines) : plain
    return total === 0 ? free : money(total, currency)
  },
})
