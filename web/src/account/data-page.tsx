import { useSignal } from '@preact/signals'
import { useLocation } from 'preact-iso'
import { useEffect } from 'preact/hooks'
import { ApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { session } from '../api/session.ts'
import { forgetSession } from '../api/sign-in.ts'
import { withStepUp } from '../api/step-up.ts'
import { useQuery } from '../api/use-query.ts'
import { EraseAccount, ExportMyData, MyDataExport } from '../generated/account/data.ts'
import { dateTime, money } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { Checkbox } from '../ui/checkbox.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { Notice } from '../ui/notice.tsx'
import { Progress } from '../ui/progress.tsx'
import { TextInput } from '../ui/text-input.tsx'
import { notify } from '../ui/toast.ts'
import { AccountPage } from './account-page.tsx'
import { usePress } from './press.ts'
import { QueryState } from './query-state.tsx'
import { textOf } from './text-of.ts'

const LOOK_AGAIN_MS = 3_000

/** What is kept of a person: a file of all of it, and an end to it. */
export function DataPage() {
  return (
    <AccountPage part="data">
      <Export />
      <Erase />
    </AccountPage>
  )
}

function Export() {
  const t = useTexts('settings').dataPage
  const query = useQuery(MyDataExport, {})
  const { busy, press } = usePress<'ask'>()
  const status = query.data.value?.myDataExport?.status
  useEffect(() => {
    if (status !== 'COLLECTING') return
    const timer = setInterval(() => void query.reload(), LOOK_AGAIN_MS)
    return () => clearInterval(timer)
  }, [status])
  const begin = async () => {
    const { exportMyData } = await ask(ExportMyData, {}, { idempotent: true })
    query.data.value = { myDataExport: exportMyData }
  }
  return (
    <Card title={t.export}>
      <p>{t.exportText}</p>
      <QueryState query={query}>
        {({ myDataExport: file }) => (
          <div class="stack" role="status">
            {file?.status === 'COLLECTING' && <Progress label={t.collecting} />}
            {file?.status === 'COLLECTING' && <p>{t.collecting}</p>}
            {file?.url && file.expiresAt && (
              <>
                <p>{t.ready(dateTime(file.expiresAt))}</p>
                <p class="account-list__more">{t.secret}</p>
                <div>
                  <Button variant="primary" icon="download" href={file.url} download>
                    {t.download}
                  </Button>
                </div>
              </>
            )}
            {!file && (
              <div>
                <Button busy={busy.value === 'ask'} onClick={() => press('ask', begin)}>
                  {t.ask}
                </Button>
              </div>
            )}
          </div>
        )}
      </QueryState>
    </Card>
  )
}

/** What erasing the account would lose, as the API says it beside CONFLICT. */
interface Loss {
  readonly balances?: readonly { currency: string; balance: number }[]
  readonly moneyOwed?: readonly { currency: string; balance: number }[]
  readonly validTickets?: number
  readonly pendingBookings?: number
  readonly pendingTopUps?: number
  readonly pendingRefunds?: number
  readonly eventsToCome?: number
}

function Erase() {
  const { cancel, dataPage: t } = useTexts('settings')
  const { route } = useLocation()
  const asking = useSignal(false)
  const loss = useSignal<Loss | null>(null)
  const begin = () => {
    loss.value = null
    asking.value = true
  }
  const erase = async (given: FormData) => {
    const password = textOf(given, 'password')
    const acknowledgeLoss = given.get('acknowledgeLoss') !== null
    const id = session.value.user?.id ?? ''
    const input = { ...(password ? { password } : {}), ...(acknowledgeLoss ? { acknowledgeLoss } : {}) }
    try {
      await withStepUp(() => ask(EraseAccount, { id, input }))
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'CONFLICT') throw error
      loss.value = error.extensions
      return
    }
    forgetSession()
    notify(t.erased)
    route('/')
  }
  return (
    <Card title={t.erase}>
      <p>{t.eraseText}</p>
      <div>
        <Button variant="danger" onClick={begin}>
          {t.eraseBegin}
        </Button>
      </div>
      <Dialog open={asking.value} title={t.eraseTitle} onClose={() => (asking.value = false)}>
        <Form onSubmit={erase}>
          {(busy) => (
            <>
              <p>{t.eraseText}</p>
              {loss.value && <WhatIsLost loss={loss.value} />}
              <Field label={t.password} hint={t.passwordHint} name="password">
                <TextInput name="password" type="password" autocomplete="current-password" maxLength={200} />
              </Field>
              {loss.value &&
                loss.value.eventsToCome === undefined &&
                linesOf(loss.value, t.loss).length > 0 && (
                  <Checkbox name="acknowledgeLoss" required label={t.acknowledge} />
                )}
              <div class="row">
                <Button type="submit" variant="danger" busy={busy}>
                  {t.eraseSubmit}
                </Button>
                <Button onClick={() => (asking.value = false)}>{cancel}</Button>
              </div>
            </>
          )}
        </Form>
      </Dialog>
    </Card>
  )
}

function WhatIsLost({ loss }: { loss: Loss }) {
  const t = useTexts('settings').dataPage
  if (loss.eventsToCome !== undefined)
    return (
      <Notice tone="danger" title={t.eventsTitle} alert>
        {t.events(loss.eventsToCome)}
      </Notice>
    )
  const lines = linesOf(loss, t.loss)
  if (lines.length === 0)
    return (
      <Notice tone="danger" title={t.eventsTitle} alert>
        {t.lastAdmin}
      </Notice>
    )
  return (
    <Notice tone="warning" title={t.lossTitle} alert>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </Notice>
  )
}

type LossTexts = {
  readonly balance: (amount: string) => string
  readonly owed: (amount: string) => string
} & Record<'tickets' | 'bookings' | 'topUps' | 'refunds', (count: number) => string>

function linesOf(loss: Loss, t: LossTexts): string[] {
  const counted = [
    [loss.validTickets, t.tickets],
    [loss.pendingBookings, t.bookings],
    [loss.pendingTopUps, t.topUps],
    [loss.pendingRefunds, t.refunds],
  ] as const
  return [
    ...(loss.balances ?? []).map(({ balance, currency }) => t.balance(money(balance, currency))),
    ...(loss.moneyOwed ?? []).map(({ balance, currency }) => t.owed(money(balance, currency))),
    ...counted.flatMap(([count, say]) => (count ? [say(count)] : [])),
  ]
}
