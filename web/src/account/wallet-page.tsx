import { useSignal } from '@preact/signals'
import { useLocation } from 'preact-iso'
import { useRef } from 'preact/hooks'
import { decimalsOf } from '@karcis/kit/contracts/currencies'
import { ask } from '../api/ask.ts'
import { useQuery } from '../api/use-query.ts'
import { MyWallet, MyWalletEntries, TopUpWallet } from '../generated/account/wallet.ts'
import { dateTime, money } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { Field } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { Pagination } from '../ui/pagination.tsx'
import { RadioGroup } from '../ui/radio-group.tsx'
import { TextInput } from '../ui/text-input.tsx'
import { TicketStub } from '../ui/ticket-stub.tsx'
import { AccountPage } from './account-page.tsx'
import { QueryState } from './query-state.tsx'
import { usePages } from './use-pages.ts'

const METHODS = ['MIDTRANS', 'XENDIT', 'STRIPE'] as const

/** What is in the wallet, how it came there, and more. */
export function WalletPage() {
  const t = useTexts('settings').walletPage
  const query = useQuery(MyWallet, {})
  const adding = useSignal(false)
  return (
    <AccountPage part="wallet">
      <QueryState query={query}>
        {({ me }) => {
          const wallets = me?.wallets?.length ? me.wallets : [{ balance: 0, currency: 'IDR' }]
          return (
            <>
              {wallets.map(({ balance, currency }) => (
                <TicketStub
                  key={currency}
                  stock="green"
                  stub={
                    !adding.value && (
                      <Button variant="primary" icon="plus" onClick={() => (adding.value = true)}>
                        {t.topUp}
                      </Button>
                    )
                  }
                >
                  <p>{t.balance}</p>
                  <p class="wallet__balance">{money(balance, currency)}</p>
                  {balance === 0 && <p>{t.empty}</p>}
                </TicketStub>
              ))}
              {adding.value && (
                <TopUp currency={wallets[0]?.currency ?? 'IDR'} onCancel={() => (adding.value = false)} />
              )}
            </>
          )
        }}
      </QueryState>
      <Entries />
    </AccountPage>
  )
}

function TopUp({ currency, onCancel }: { currency: string; onCancel(): void }) {
  const { cancel, walletPage: t } = useTexts('settings')
  const { route } = useLocation()
  // The same for each try of this form, so that a lost answer costs nothing twice; another for other words.
  const key = useRef({ input: '', idempotencyKey: '' })
  const decimals = decimalsOf(currency)
  return (
    <Card title={t.topUp}>
      <Form
        onSubmit={async (given) => {
          const amount = Math.round(Number(given.get('amount')) * 10 ** decimals)
          const method = METHODS.find((each) => each === given.get('method')) ?? 'MIDTRANS'
          const wanted = `${amount} ${method}`
          if (key.current.input !== wanted)
            key.current = { input: wanted, idempotencyKey: crypto.randomUUID() }
          const { idempotencyKey } = key.current
          const input = { amount, currency, method, idempotencyKey }
          const { topUpWallet: payment } = await ask(TopUpWallet, { input }, { idempotent: true })
          if (payment?.redirectUrl) location.assign(payment.redirectUrl)
          else if (payment) route(`/payments/${payment.id}`)
        }}
      >
        {(busy) => (
          <>
            <Field label={`${t.amount} (${currency})`} name="amount">
              <TextInput
                name="amount"
                type="number"
                required
                inputMode="decimal"
                min={10 ** -decimals}
                step={10 ** -decimals}
                defaultValue={currency === 'IDR' ? '100000' : ''}
              />
            </Field>
            <RadioGroup
              look="boxes"
              name="method"
              required
              label={t.method}
              options={METHODS.filter((method) => method !== 'MIDTRANS' || currency === 'IDR').map(
                (method) => ({
                  value: method,
                  label: t.methods[method],
                }),
              )}
            />
            <div class="row">
              <Button type="submit" variant="primary" busy={busy}>
                {t.go}
              </Button>
              <Button variant="quiet" onClick={onCancel}>
                {cancel}
              </Button>
            </div>
          </>
        )}
      </Form>
    </Card>
  )
}

function Entries() {
  const t = useTexts('settings').walletPage
  const pages = usePages(MyWalletEntries, (answer) => answer.walletEntries)
  return (
    <Card title={t.entries}>
      <QueryState query={pages.first}>
        {() =>
          pages.nodes.value.length === 0 ? (
            <p class="account-list__more">{t.noEntries}</p>
          ) : (
            <>
              <ul class="account-list">
                {pages.nodes.value.map(({ id, kind, amount, currency, createdAt, booking }) => (
                  <li key={id}>
                    <div class="account-list__what">
                      <p class="account-list__name">
                        {booking ? (
                          <a href={`/bookings/${booking.id}`}>{booking.event?.title ?? t.booking}</a>
                        ) : (
                          t.kinds[kind]
                        )}
                      </p>
                      <p class="account-list__more">
                        {booking && `${t.kinds[kind]}, `}
                        <time dateTime={createdAt}>{dateTime(createdAt)}</time>
                      </p>
                    </div>
                    <span class={amount > 0 ? 'wallet__amount wallet__amount--in' : 'wallet__amount'}>
                      {amount > 0 && '+'}
                      {money(amount, currency)}
                    </span>
                  </li>
                ))}
              </ul>
              {pages.hasNext && (
                <Pagination
                  shown={pages.nodes.value.length}
                  total={pages.total}
                  hasNext
                  loading={pages.loading.value}
                  onMore={() => void pages.more()}
                />
              )}
            </>
          )
        }
      </QueryState>
    </Card>
  )
}
