import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { type ApiError, asApiError } from '../api/api-error.ts'
import { isKnown } from '../api/session.ts'
import { ask } from '../api/ask.ts'
import { subscribe } from '../api/subscribe.ts'
import {
  JoinQueue,
  LeaveQueue,
  type QueueFields,
  QueuePlace,
  QueuePlaceChanged,
  QueueRate,
} from '../generated/checkout/queue.ts'
import { dateTime, number } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Countdown } from '../ui/countdown.tsx'
import { Notice } from '../ui/notice.tsx'
import { stockOf, TicketStub } from '../ui/ticket-stub.tsx'
import { notify } from '../ui/toast.ts'
import { identify } from './identity.tsx'
import { announceTurn, mayAnnounce } from './turn.ts'
import { ProblemNotice } from './problem-notice.tsx'

interface WaitingRoomProps {
  event: { id: string; title: string; timezone: string; slug: string; category: { name: string } | null }
  /** It is their turn: they may take places until then. */
  onAdmitted(until: string | null): void
}

/**
 * Where people wait for their turn: which place they have, what moves it, and what happens when they close the page. It promises no time: nobody
 * knows how fast others choose.
 */
export function WaitingRoom({ event, onAdmitted }: WaitingRoomProps) {
  const t = useTexts('checkout').queue
  const place = useSignal<QueueFields | null>(null)
  const error = useSignal<ApiError | null>(null)
  const rate = useSignal<number | null>(null)
  const joined = useSignal(false)
  const joining = useSignal(false)
  const live = useSignal(true)
  const told = useSignal(mayAnnounce())

  const take = (next: QueueFields | null) => {
    if (!next) return
    place.value = next
    if (next.status === 'NOT_JOINED') joined.value = false // the line was lost, or the turn is over
    if (next.status !== 'ADMITTED' && next.status !== 'NOT_REQUIRED') return
    if (told.value && next.status === 'ADMITTED') announceTurn(t.notifyTitle, t.notifyBody(event.title))
    onAdmitted(next.admittedUntil)
  }

  const join = async () => {
    if (joining.value || !(await identify())) return
    joining.value = true
    error.value = null
    try {
      take((await ask(JoinQueue, { eventId: event.id }, { idempotent: true })).joinQueue)
      joined.value = true
    } catch (failure) {
      error.value = asApiError(failure)
    } finally {
      joining.value = false
    }
  }

  const leave = async () => {
    await ask(LeaveQueue, { eventId: event.id }, { idempotent: true }).catch(() => undefined)
    joined.value = false
    place.value = null
    notify(t.left, { tone: 'info' })
  }

  const askToTell = async () => {
    if ('Notification' in globalThis) await Notification.requestPermission()
    told.value = true
  }

  useEffect(() => {
    void ask(QueueRate, { id: event.id })
      .then((data) => {
        rate.value = data.event?.queue?.admitPerMinute ?? null
      })
      .catch(() => undefined) // it is said where it is known
    if (!isKnown()) return
    // Who comes back, or has reloaded, is in line already.
    void ask(QueuePlace, { eventId: event.id })
      .then(({ queuePosition }) => {
        joined.value = queuePosition !== null && queuePosition.status !== 'NOT_JOINED'
        take(queuePosition)
      })
      .catch(() => undefined) // then they join, which gives the same place
  }, [event.id])

  useEffect(() => {
    if (!joined.value) return
    return subscribe(
      QueuePlaceChanged,
      { eventId: event.id },
      {
        next: ({ queuePositionChanged }) => take(queuePositionChanged),
        error: (failure) => {
          error.value = failure
        },
        state: (state) => {
          live.value = state === 'live'
        },
      },
    )
  }, [joined.value, event.id])

  const position = place.value?.position ?? null
  useEffect(() => {
    if (position === null) return
    const before = document.title
    document.title = `${t.pageTitle(position)} · ${event.title}`
    return () => {
      document.title = before
    }
  }, [position])

  const waiting = place.value?.waiting ?? null
  const opensAt = place.value?.status === 'BEFORE_OPENING' ? place.value.opensAt : null
  return (
    <section class="waiting-room" aria-labelledby="waiting-room">
      <TicketStub
        stock={stockOf(event.category?.name)}
        tear="foot"
        stub={
          joined.value ? (
            <p class="waiting-room__small">{t.noReload}</p>
          ) : (
            <Button variant="primary" size="l" busy={joining.value} onClick={() => void join()}>
              {t.join}
            </Button>
          )
        }
      >
        <h2 id="waiting-room" class="waiting-room__title">
          {t.title}
        </h2>
        {!joined.value && <p>{t.why(event.title)}</p>}
        <div role="status">
          {joined.value && opensAt && (
            <>
              <p class="waiting-room__number">
                <Countdown until={opensAt} label={t.opensAt(dateTime(opensAt, event.timezone))} />
              </p>
              <p>{t.opensAt(dateTime(opensAt, event.timezone))}</p>
              <p>{t.draw}</p>
              {waiting !== null && <p>{t.gathered(waiting)}</p>}
            </>
          )}
          {joined.value && position !== null && (
            <>
              <p class="waiting-room__label">{t.position}</p>
              <p class="waiting-room__number">{number(position)}</p>
              <p>{t.before(position - 1)}</p>
            </>
          )}
        </div>
        {joined.value && <p>{rate.value === null ? t.rateByStock : t.rate(rate.value)}</p>}
      </TicketStub>
      <ProblemNotice error={error.value} />
      {joined.value && !live.value && <Notice tone="warning">{t.reconnecting}</Notice>}
      {joined.value && (
        <>
          <p class="waiting-room__small">{t.close}</p>
          <div class="actions">
            {told.value ? (
              <p role="status">{t.notifying}</p>
            ) : (
              <Button icon="bell" onClick={() => void askToTell()}>
                {t.notify}
              </Button>
            )}
            <Button variant="quiet" onClick={() => void leave()}>
              {t.leave}
            </Button>
          </div>
        </>
      )}
    </section>
  )
}
