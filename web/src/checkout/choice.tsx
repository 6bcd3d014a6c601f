import { useComputed, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { type ApiError, asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { session } from '../api/session.ts'
import { subscribe } from '../api/subscribe.ts'
import { type BuyPageResult, StockOfEvent } from '../generated/checkout/buy.ts'
import { AddToCart } from '../generated/checkout/cart.ts'
import { HoldsOfEvent, ReleaseHold } from '../generated/checkout/hold.ts'
import { money } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Countdown } from '../ui/countdown.tsx'
import { Empty } from '../ui/empty.tsx'
import { Field } from '../ui/field.tsx'
import { Notice } from '../ui/notice.tsx'
import { TextInput } from '../ui/text-input.tsx'
import { notify } from '../ui/toast.ts'
import { AmountInput } from './amount-input.tsx'
import { readChoice, writeChoice, writeDraft } from './draft.ts'
import { type HoldFields, holdPlaces } from './holding.ts'
import { identify } from './identity.tsx'
import { KeptHold } from './kept-hold.tsx'
import { withFees } from '../ui/with-fees.ts'
import { heldIds } from './problem.ts'
import { ProblemNotice } from './problem-notice.tsx'
import { SeatChoice } from './seat-choice.tsx'
import { choose, fit, itemsOf, mostOf, placesOf, shortfalls } from './selection.ts'
import { TicketRow } from './ticket-row.tsx'
import { Waitlist } from './waitlist.tsx'
import { WaitingRoom } from './waiting-room.tsx'

const SEATS_ALONE = new Set<string>(['SEATS_UNAVAILABLE', 'ORPHAN_SEAT', 'SOLD_OUT'])

type EventForSale = NonNullable<BuyPageResult['event']>

/** Choosing: live stock under the buyer's fingers, until places are held for them. */
export function Choice({ event, reload }: { event: EventForSale; reload(): Promise<void> }) {
  const t = useTexts('checkout')
  const { route } = useLocation()
  const before = readChoice(event.id)
  const types = useSignal(event.ticketTypes ?? [])
  const selection = useSignal(before.selection)
  const accessCode = useSignal(before.accessCode)
  const unitPrice = useSignal(before.unitPrice)
  const error = useSignal<ApiError | null>(null)
  const busy = useSignal(false)
  const holds = useSignal<readonly HoldFields[]>([])
  const inQueue = useSignal(event.queue?.enabled === true)
  const admittedUntil = useSignal<string | null>(null)
  const inCart = useSignal(false)
  const gone = useComputed(() => shortfalls(selection.value, types.value))
  const userId = session.value.user?.id

  useEffect(() => {
    types.value = event.ticketTypes ?? []
    return subscribe(
      StockOfEvent,
      { eventId: event.id },
      {
        next: ({ ticketStockChanged }) => {
          types.value = ticketStockChanged
        },
      },
    )
  }, [event])

  useEffect(() => {
    if (userId === undefined) {
      holds.value = []
      return
    }
    void ask(HoldsOfEvent, { eventId: event.id })
      .then(({ myHolds }) => {
        holds.value = myHolds ?? []
      })
      .catch(() => undefined) // holding says what is in the way
  }, [userId, event.id])

  const keep = (change: () => void) => {
    change()
    inCart.value = false
    writeChoice(event.id, {
      selection: selection.value,
      accessCode: accessCode.value,
      unitPrice: unitPrice.value,
    })
  }

  const onHold = (hold: { id: string }) => {
    writeDraft(hold.id, { promoCodes: [], unitPrice: unitPrice.value })
    keep(() => {
      selection.value = {}
    })
    route(`/checkout/${hold.id}`)
  }

  /** @returns whether this page deals with it; what is of seats alone the seat map says beside them. */
  const refuse = (refusal: ApiError): boolean => {
    if (SEATS_ALONE.has(refusal.code)) return false
    error.value = refusal
    if (refusal.code === 'QUEUE_REQUIRED') {
      inQueue.value = true
      admittedUntil.value = null
    }
    return true
  }

  const run = async (action: () => Promise<void>, again = true): Promise<void> => {
    if (busy.value || !(await identify())) return
    busy.value = true
    error.value = null
    try {
      await action()
    } catch (failure) {
      const refusal = asApiError(failure)
      busy.value = false
      if (refusal.code === 'UNAUTHENTICATED' && again) return await run(action, false) // a session that had ended
      if (!refuse(refusal)) error.value = refusal
    } finally {
      busy.value = false
    }
  }

  const code = () => (accessCode.value.trim() ? { accessCode: accessCode.value.trim() } : {})
  const hold = () =>
    run(async () =>
      onHold(await holdPlaces({ eventId: event.id, items: itemsOf(selection.value), ...code() })),
    )
  const addToCart = () =>
    run(async () => {
      for (const { ticketTypeId, quantity } of itemsOf(selection.value)) {
        const given = types.value.some(({ id, kind }) => id === ticketTypeId && kind === 'DONATION')
        const price = given && unitPrice.value !== null ? { unitPrice: unitPrice.value } : {}
        await ask(AddToCart, { input: { ticketTypeId, quantity, ...price, ...code() } })
      }
      keep(() => {
        selection.value = {}
      })
      inCart.value = true
      notify(t.inCart)
    })
  const release = (ids: readonly string[]) =>
    run(async () => {
      await Promise.all(ids.map((id) => ask(ReleaseHold, { id }, { idempotent: true })))
      holds.value = holds.value.filter(({ id }) => !ids.includes(id))
    })

  const fees = event.fees ?? []
  const paused = types.value.some(({ saleStatus }) => saleStatus === 'PAUSED')
  const general = types.value.filter(({ seated }) => !seated)
  const seated = event.seatMap !== null && types.value.some((type) => type.seated)
  const count = placesOf(selection.value)
  const priceOf = (type: (typeof general)[number]) =>
    type.kind === 'DONATION' ? Math.max(unitPrice.value ?? 0, type.price) : type.price
  const lines = general.map((type) => ({ unitPrice: priceOf(type), quantity: selection.value[type.id] ?? 0 }))
  const total = withFees(lines, fees, event.currency)
  const most = Math.min(10, event.maxOpenPlaces ?? 10)

  const kept = holds.value
    .filter(({ bookingId }) => bookingId === null)
    .map((held) => <KeptHold key={held.id} hold={held} onRelease={() => release([held.id])} />)

  if (types.value.length === 0) return <Empty title={t.nothingOnSale.title} text={t.nothingOnSale.text} />
  if (types.value.every(({ saleStatus }) => saleStatus === 'ENDED'))
    return <Empty title={t.over.title} text={t.over.text} />
  if (inQueue.value)
    return (
      <div class="chooser">
        {kept}
        <WaitingRoom
          event={event}
          onAdmitted={(until) => {
            inQueue.value = false
            admittedUntil.value = until
            error.value = null
            void reload()
          }}
        />
      </div>
    )
  return (
    <div class="chooser">
      {admittedUntil.value && (
        <Notice tone="success">
          {t.queue.admitted}{' '}
          <Countdown
            until={admittedUntil.value}
            label={t.queue.admitted}
            onEnd={() => {
              inQueue.value = true
              admittedUntil.value = null
              notify(t.queue.admittedOver, { tone: 'warning' })
            }}
          />
        </Notice>
      )}
      {kept}
      {paused && (
        <Notice tone="warning" title={t.paused.title}>
          {event.salesPausedReason && <p>{t.pausedReason(event.salesPausedReason)}</p>}
          <p>{t.paused.text}</p>
        </Notice>
      )}
      {general.length > 0 && (
        <section aria-labelledby="choose">
          <h2 id="choose">{t.chooseTitle}</h2>
          {types.value.some(({ accessCodeRequired }) => accessCodeRequired) && (
            <Field label={t.accessCode} hint={t.accessCodeHint} error={codeProblem(error.value, t)}>
              <TextInput
                value={accessCode.value}
                maxLength={40}
                autocomplete="off"
                autocapitalize="characters"
                onInput={({ currentTarget }) =>
                  keep(() => {
                    accessCode.value = currentTarget.value
                  })
                }
              />
            </Field>
          )}
          <ul class="ticket-rows">
            {general.map((type) => {
              const quantity = selection.value[type.id] ?? 0
              return (
                <TicketRow
                  key={type.id}
                  type={type}
                  fees={fees}
                  timezone={event.timezone}
                  quantity={quantity}
                  most={mostOf(type, selection.value, { mostOpen: event.maxOpenPlaces })}
                  onSaleStart={() => void reload()}
                  onChange={(value) =>
                    keep(() => {
                      selection.value = choose(selection.value, type.id, value)
                    })
                  }
                >
                  {type.kind === 'DONATION' && quantity > 0 && (
                    <AmountInput
                      least={type.price}
                      currency={type.currency}
                      value={unitPrice.value}
                      onChange={(amount) =>
                        keep(() => {
                          unitPrice.value = amount
                        })
                      }
                    />
                  )}
                  {type.saleStatus === 'SOLD_OUT' && (
                    <Waitlist type={type} accessCode={accessCode.value} wanted={quantity} />
                  )}
                </TicketRow>
              )
            })}
          </ul>
        </section>
      )}
      {gone.value.length > 0 && (
        <Notice
          tone="warning"
          alert
          title={t.short.title}
          actions={
            <Button
              onClick={() =>
                keep(() => {
                  selection.value = fit(selection.value, types.value)
                })
              }
            >
              {t.short.take}
            </Button>
          }
        >
          {gone.value.map(({ id, name, wanted, left }) => (
            <p key={id}>{t.short.left(name, wanted, left)}</p>
          ))}
          <p>{t.short.other}</p>
        </Notice>
      )}
      <ProblemNotice
        error={error.value}
        remedies={{
          IDENTIFY: <Button onClick={() => void identify()}>{t.identity.title}</Button>,
          RELEASE: (
            <Button onClick={() => void release(heldIds(error.value as ApiError))}>
              {t.problem.releaseHeld}
            </Button>
          ),
          EVENT: <Button href={`/events/${event.slug}`}>{t.backToEvent}</Button>,
        }}
      />
      {general.length > 0 && (count > 0 || !seated) && (
        <div class="chooser__bar">
          <p class="chooser__sum" role="status">
            {count === 0 ? (
              t.nothingChosen
            ) : (
              <>
                <strong>{total === 0 ? t.free : money(total, event.currency)}</strong>{' '}
                <span>
                  {t.places(count)}, {t.withFees}
                </span>
              </>
            )}
            {count >= most && <span class="chooser__most">{t.mostAtOnce(most)}</span>}
          </p>
          <div class="actions">
            {inCart.value ? (
              <Button href="/cart" icon="cart">
                {t.seeCart}
              </Button>
            ) : (
              session.value.status === 'signed-in' &&
              count > 0 && (
                <Button variant="quiet" icon="cart" busy={busy.value} onClick={() => void addToCart()}>
                  {t.addToCart}
                </Button>
              )
            )}
            <Button
              variant={seated ? 'secondary' : 'primary'}
              size="l"
              busy={busy.value}
              disabled={count === 0 || paused || gone.value.length > 0}
              onClick={() => void hold()}
            >
              {seated ? t.continueStanding : t.continue}
            </Button>
          </div>
        </div>
      )}
      {seated && (
        <SeatChoice
          event={event}
          items={itemsOf(selection.value)}
          accessCode={accessCode.value.trim()}
          onHold={onHold}
          onError={refuse}
        />
      )}
    </div>
  )
}

function codeProblem(error: ApiError | null, t: ReturnType<typeof useTexts<'checkout'>>): string | null {
  const reason = error?.code === 'FORBIDDEN' ? error.extensions.reason : null
  if (reason === 'ACCESS_CODE_MISSING') return t.problem.ACCESS_CODE_MISSING.text
  return reason === 'ACCESS_CODE_WRONG' ? t.problem.ACCESS_CODE_WRONG.text : null
}
