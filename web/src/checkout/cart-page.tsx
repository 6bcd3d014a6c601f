import { useSignal } from '@preact/signals'
import { useLocation } from 'preact-iso'
import { type ApiError, asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { isKnown, session } from '../api/session.ts'
import { useQuery } from '../api/use-query.ts'
import {
  ApplyCartPromo,
  type CartFields,
  CartPage as CartPageQuery,
  ChangeCartItem,
  CheckOutCart,
  RemoveCartPromo,
  RemoveFromCart,
} from '../generated/checkout/cart.ts'
import { dateTime, money } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import { useTitle } from '../texts/title.ts'
import { Button } from '../ui/button.tsx'
import { Countdown } from '../ui/countdown.tsx'
import { Empty } from '../ui/empty.tsx'
import { Field } from '../ui/field.tsx'
import { IconButton } from '../ui/icon-button.tsx'
import { Notice } from '../ui/notice.tsx'
import { Price } from '../ui/price.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import { Stepper } from '../ui/stepper.tsx'
import { TextInput } from '../ui/text-input.tsx'
import { stockOf, TicketStub } from '../ui/ticket-stub.tsx'
import './checkout.css'
import { signInUrl } from './identity.tsx'
import { ProblemNotice } from './problem-notice.tsx'

type Item = CartFields['events'][number]['items'][number]

/** `/cart`: tickets of several events, booked and paid at once. */
export function CartPage() {
  const t = useTexts('checkout')
  const { route, url } = useLocation()
  const { data, error: readError } = useQuery(CartPageQuery, isKnown() ? {} : null)
  const changed = useSignal<{ of: unknown; cart: CartFields | null }>({ of: null, cart: null })
  const busy = useSignal(false)
  const error = useSignal<ApiError | null>(null)
  const price = useSignal<string | null>(null)
  const typed = useSignal('')
  useTitle(t.cart.title)
  const cart = changed.value.of === data.value && changed.value.cart ? changed.value.cart : data.value?.cart

  const run = async (action: () => Promise<CartFields | null | undefined>) => {
    if (busy.value) return
    busy.value = true
    error.value = null
    price.value = null
    try {
      const next = await action()
      if (next) changed.value = { of: data.value, cart: next }
    } catch (failure) {
      error.value = asApiError(failure)
    } finally {
      busy.value = false
    }
  }

  const checkOut = (seen: CartFields) =>
    run(async () => {
      // What was seen is what is booked: the same cart at the same price is one attempt, however often it is sent.
      const ids = seen.events.flatMap(({ items }) =>
        items.map(({ id, quantity }) => `${id.slice(-8)}${quantity}`),
      )
      const input = {
        idempotencyKey: `cart ${seen.totalPrice} ${ids.join(' ')}`.slice(0, 255),
        expectedTotal: seen.totalPrice,
      }
      try {
        const { checkout } = await ask(CheckOutCart, { input }, { idempotent: true })
        const [first] = checkout ?? []
        if (first) route(`/checkout/${first.id}/pay`)
        return null
      } catch (failure) {
        const { code, extensions } = asApiError(failure)
        if (code !== 'CONFLICT' || extensions.reason !== 'PRICE_CHANGED') throw failure
        price.value = t.cart.priceChanged(money(Number(extensions.totalPrice), String(extensions.currency)))
        return (await ask(CartPageQuery, {})).cart
      }
    })

  if (session.value.status === 'anonymous')
    return (
      <Empty
        level={1}
        title={t.cart.signIn.title}
        text={t.cart.signIn.text}
        action={
          <Button variant="primary" href={signInUrl(url)}>
            {t.cart.signIn.action}
          </Button>
        }
      />
    )
  if (cart && cart.events.length === 0)
    return (
      <Empty
        level={1}
        title={t.cart.empty.title}
        text={t.cart.empty.text}
        action={
          <Button variant="primary" href="/search">
            {t.cart.empty.action}
          </Button>
        }
      />
    )
  return (
    <div class="checkout checkout--narrow">
      <h1>{t.cart.title}</h1>
      <ProblemNotice error={readError.value} />
      {!cart && !readError.value && <Skeleton shape="ticket" lines={2} />}
      {cart && (
        <>
          {cart.expiresAt && (
            <p class="hold-timer__time">
              <span>{t.cart.reserved}</span> <Countdown until={cart.expiresAt} label={t.cart.reserved} />
            </p>
          )}
          {cart.events.map(({ event, items, totalPrice }) => (
            <TicketStub
              key={event?.id ?? items[0]?.id}
              stock={stockOf(event?.category?.name)}
              tear="foot"
              stub={
                <p class="summary__total">
                  <span>{t.total}</span>
                  <Price amount={totalPrice} currency={cart.currency ?? 'IDR'} />
                </p>
              }
            >
              <h2 class="summary__title">{event?.title}</h2>
              {event && <p class="summary__when">{dateTime(event.startsAt, event.timezone)}</p>}
              <ul class="cart-items">
                {items.map((item) => (
                  <CartRow
                    key={item.id}
                    item={item}
                    currency={cart.currency ?? 'IDR'}
                    onChange={(quantity) =>
                      void run(
                        async () =>
                          (
                            await ask(
                              ChangeCartItem,
                              { id: item.id, input: { quantity } },
                              { idempotent: true },
                            )
                          ).updateCartItem,
                      )
                    }
                    onRemove={() =>
                      void run(async () => (await ask(RemoveFromCart, { id: item.id })).removeFromCart)
                    }
                  />
                ))}
              </ul>
            </TicketStub>
          ))}
          <form
            class="promo-codes"
            onSubmit={(event) => {
              event.preventDefault()
              const code = typed.value.trim()
              if (code)
                void run(async () => {
                  const { applyPromo } = await ask(ApplyCartPromo, { code }, { idempotent: true })
                  typed.value = ''
                  return applyPromo
                })
            }}
          >
            <Field label={t.details.promo}>
              <TextInput
                value={typed.value}
                autocomplete="off"
                onInput={({ currentTarget }) => {
                  typed.value = currentTarget.value
                }}
              />
            </Field>
            <Button type="submit">{t.details.promoAdd}</Button>
            <ul class="promo-codes__list" aria-live="polite">
              {cart.promos.map(({ code, discount, problem }) => (
                <li key={code}>
                  {problem
                    ? `${code}: ${problem.message}`
                    : t.details.promoTakes(code, money(discount, cart.currency ?? 'IDR'))}
                  <IconButton
                    icon="close"
                    label={t.details.promoRemove(code)}
                    onClick={() =>
                      void run(
                        async () => (await ask(RemoveCartPromo, { code }, { idempotent: true })).removePromo,
                      )
                    }
                  />
                </li>
              ))}
            </ul>
          </form>
          {price.value && (
            <Notice tone="warning" alert>
              {price.value}
            </Notice>
          )}
          <ProblemNotice error={error.value} />
          <Button variant="primary" size="l" wide busy={busy.value} onClick={() => void checkOut(cart)}>
            {t.cart.goOn(money(cart.totalPrice, cart.currency ?? 'IDR'))}
          </Button>
        </>
      )}
    </div>
  )
}

interface CartRowProps {
  item: Item
  currency: string
  onChange(quantity: number): void
  onRemove(): void
}

function CartRow({ item, currency, onChange, onRemove }: CartRowProps) {
  const t = useTexts('checkout')
  const name = item.items[0]?.name ?? ''
  const seats = item.items.flatMap(({ seatLabel }) => seatLabel ?? [])
  const cost = item.items.reduce((sum, { unitPrice, quantity }) => sum + unitPrice * quantity, 0)
  return (
    <li>
      <div>
        <strong>{name}</strong>
        {seats.length > 0 && <span class="summary__seats">{seats.join(', ')}</span>}
        {item.reservedUntil === null && <span class="summary__seats">{t.cart.lapsed}</span>}
        {item.problem && item.problem.code !== 'PRICE_CHANGED' && (
          <span class="summary__seats">{item.problem.message}</span>
        )}
      </div>
      <Price amount={cost} currency={currency} />
      {seats.length === 0 && (
        <Stepper label={name} value={item.quantity} min={1} max={10} onChange={onChange} />
      )}
      <IconButton icon="trash" label={t.cart.remove(name)} onClick={onRemove} />
    </li>
  )
}
