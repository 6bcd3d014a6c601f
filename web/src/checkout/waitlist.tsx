import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { type ApiError, asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { session } from '../api/session.ts'
import {
  JoinWaitlist,
  LeaveWaitlist,
  type WaitlistFields,
  WaitlistOf,
} from '../generated/checkout/waitlist.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Stepper } from '../ui/stepper.tsx'
import { signInUrl } from './identity.tsx'
import { ProblemNotice } from './problem-notice.tsx'

interface WaitlistProps {
  type: { id: string; name: string; maxPerUser: number | null; available: number }
  accessCode: string
  /** How many were wanted of it before it was gone. */
  wanted: number
}

/** Waiting for what comes back of a type that is sold out. */
export function Waitlist({ type, accessCode, wanted }: WaitlistProps) {
  const t = useTexts('checkout')
  const { url } = useLocation()
  const entry = useSignal<WaitlistFields | null>(null)
  const quantity = useSignal(Math.max(1, wanted))
  const busy = useSignal(false)
  const error = useSignal<ApiError | null>(null)
  const signedIn = session.value.status === 'signed-in'

  useEffect(() => {
    if (!signedIn) return
    void ask(WaitlistOf, { ticketTypeId: type.id })
      .then(({ waitlistEntry }) => {
        entry.value = waitlistEntry
      })
      .catch(() => undefined) // joining says what is wrong
  }, [signedIn, type]) // worth asking again whenever stock has moved, also when no more of it is free than before

  const run = async (action: () => Promise<WaitlistFields | null>) => {
    busy.value = true
    error.value = null
    try {
      entry.value = await action()
    } catch (failure) {
      error.value = asApiError(failure)
    } finally {
      busy.value = false
    }
  }

  if (!signedIn)
    return (
      <p class="waitlist">
        {t.waitlist.accountOnly} <a href={signInUrl(url)}>{t.waitlist.signIn}</a>
      </p>
    )
  const { status, position, hold } = entry.value ?? {}
  const inLine = status === 'WAITING' || status === 'GATHERING' || status === 'OFFERED'
  return (
    <div class="waitlist">
      <ProblemNotice error={error.value} />
      {inLine ? (
        <>
          <p role="status">
            {status === 'OFFERED' && t.waitlist.offered}
            {status === 'GATHERING' && t.waitlist.gathering}
            {status === 'WAITING' && t.waitlist.waiting(position ?? 1, entry.value?.quantity ?? 1)}
          </p>
          <div class="actions">
            {hold?.status === 'ACTIVE' && (
              <Button variant="primary" href={`/checkout/${hold.id}`}>
                {t.waitlist.take}
              </Button>
            )}
            <Button
              variant="quiet"
              busy={busy.value}
              onClick={() =>
                void run(
                  async () =>
                    (await ask(LeaveWaitlist, { ticketTypeId: type.id }, { idempotent: true })).leaveWaitlist,
                )
              }
            >
              {t.waitlist.leave}
            </Button>
          </div>
        </>
      ) : (
        <>
          <p>{t.waitlist.explain}</p>
          <div class="actions">
            <Stepper
              label={t.waitlist.howMany}
              value={quantity.value}
              min={1}
              max={type.maxPerUser ?? 10}
              onChange={(value) => {
                quantity.value = value
              }}
            />
            <Button
              busy={busy.value}
              onClick={() =>
                void run(async () => {
                  const variables = {
                    ticketTypeId: type.id,
                    quantity: quantity.value,
                    accessCode: accessCode || null,
                  }
                  return (await ask(JoinWaitlist, variables, { idempotent: true })).joinWaitlist
                })
              }
            >
              {t.waitlist.join}
            </Button>
          </div>
        </>
      )}
    </div>
  )
}
