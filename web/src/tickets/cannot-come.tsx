import { useSignal } from '@preact/signals'
import { type ApiError, asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { session } from '../api/session.ts'
import { HandOn, KeepTicket, OfferTicket, type TicketOfMine } from '../generated/tickets/tickets.ts'
import { dateTime } from '../texts/format.ts'
import { explain, useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Disclosure } from '../ui/disclosure.tsx'
import { Field } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { Notice } from '../ui/notice.tsx'
import { TextInput } from '../ui/text-input.tsx'
import { notify } from '../ui/toast.ts'
import { DialogButtons } from './dialog-buttons.tsx'
import { readTickets, takeTicket } from './my-tickets.ts'
import { given } from './page-parts.tsx'

/** What somebody can do with a ticket that they cannot use: hand it on, have it sold, or ask for their money. */
export function CannotCome({ ticket }: { ticket: TicketOfMine }) {
  const t = useTexts('tickets')
  const asking = useSignal<'hand-on' | 'resell' | null>(null)
  const { event, booking, offeredAt } = ticket
  const close = () => {
    asking.value = null
  }
  if (session.value.status === 'guest')
    return (
      <Disclosure summary={t.cannotCome}>
        <p>{t.guestCannot}</p>
      </Disclosure>
    )
  const mayResell =
    booking && (offeredAt || (event?.resaleUntil && Date.parse(event.resaleUntil) > Date.now()))
  return (
    <Disclosure summary={t.cannotCome}>
      <div class="ticket-files">
        <Button icon="people" onClick={() => (asking.value = 'hand-on')}>
          {t.handOn}
        </Button>
        {mayResell && !offeredAt && (
          <Button icon="ticket" onClick={() => (asking.value = 'resell')}>
            {t.resell}
          </Button>
        )}
        {booking && (
          <Button icon="refresh" href={`/bookings/${booking.id}?refund=${ticket.id}`}>
            {t.refund}
          </Button>
        )}
      </div>
      {offeredAt && event && <Offered ticket={ticket} since={offeredAt} zone={event.timezone} />}
      {asking.value === 'hand-on' && <HandOnDialog ticket={ticket} onClose={close} />}
      {asking.value === 'resell' && <ResellDialog ticket={ticket} onClose={close} />}
    </Disclosure>
  )
}

/** It is theirs at once, and nobody can take it back: which is said before it is done. */
function HandOnDialog({ ticket: { id }, onClose }: { ticket: TicketOfMine; onClose(): void }) {
  const t = useTexts('tickets')
  const handOn = async (data: FormData) => {
    const email = given(data, 'email')
    takeTicket((await ask(HandOn, { id, email })).transferTicket)
    notify(t.handedOn(email))
    onClose()
    const { user } = session.value
    if (user) await readTickets(user.id)
  }
  return (
    <Dialog open title={t.handOn} onClose={onClose}>
      <Form onSubmit={handOn}>
        {(busy) => (
          <>
            <p>{t.handOnText}</p>
            <Field label={t.handOnEmail} hint={t.handOnHint} name="email">
              <TextInput name="email" type="email" required autocomplete="email" inputMode="email" />
            </Field>
            <DialogButtons go={t.handOnDo} busy={busy} onCancel={onClose} />
          </>
        )}
      </Form>
    </Dialog>
  )
}

function ResellDialog({ ticket: { id, event }, onClose }: { ticket: TicketOfMine; onClose(): void }) {
  const t = useTexts('tickets')
  const offer = async () => {
    takeTicket((await ask(OfferTicket, { id }, { idempotent: true })).offerForResale)
    notify(t.resold)
    onClose()
  }
  return (
    <Dialog open title={t.resell} onClose={onClose}>
      <Form onSubmit={offer}>
        {(busy) => (
          <>
            <p>{t.resellText}</p>
            {event?.resaleUntil && (
              <p class="quiet">{t.resellUntil(dateTime(event.resaleUntil, event.timezone))}</p>
            )}
            <DialogButtons go={t.resellDo} busy={busy} onCancel={onClose} />
          </>
        )}
      </Form>
    </Dialog>
  )
}

function Offered({ ticket: { id }, since, zone }: { ticket: TicketOfMine; since: string; zone: string }) {
  const t = useTexts('tickets')
  const busy = useSignal(false)
  const error = useSignal<ApiError | null>(null)
  const withdraw = async () => {
    busy.value = true
    error.value = null
    try {
      takeTicket((await ask(KeepTicket, { id }, { idempotent: true })).withdrawFromResale)
      notify(t.withdrawn)
    } catch (failure) {
      error.value = asApiError(failure)
    }
    busy.value = false
  }
  return (
    <Notice
      tone="info"
      actions={
        <Button size="s" busy={busy.value} onClick={() => void withdraw()}>
          {t.withdraw}
        </Button>
      }
    >
      {t.offeredSince(dateTime(since, zone))}
      {error.value && <strong> {explain(error.value).title}</strong>}
    </Notice>
  )
}
