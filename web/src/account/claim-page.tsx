import { useSignal } from '@preact/signals'
import { useLocation } from 'preact-iso'
import { ApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { session } from '../api/session.ts'
import { signInBy } from '../api/sign-in.ts'
import { ClaimAccount, ClaimPurchase } from '../generated/account/links.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Form } from '../ui/form.tsx'
import { Notice } from '../ui/notice.tsx'
import { ButtonForm } from './button-form.tsx'
import { NoToken, useMailedToken } from './mailed-link.tsx'
import { Narrow } from './narrow.tsx'
import { withNext } from './next.ts'
import { NewPassword } from './sign-up-page.tsx'
import { textOf } from './text-of.ts'

/** Makes what was bought as a guest part of an account: a new one, or the one that is signed in. */
export function ClaimPage() {
  const t = useTexts('account')
  const token = useMailedToken()
  const { route } = useLocation()
  const { status, user } = session.value
  const isDone = useSignal(false)
  const isTaken = useSignal(false)
  if (token === null) return <NoToken />
  if (isDone.value)
    return (
      <Narrow title={t.claim.done} text={t.claim.doneText}>
        <Button variant="primary" href="/tickets">
          {t.claim.tickets}
        </Button>
      </Narrow>
    )
  if (status === 'signed-in' && user)
    return (
      <Narrow title={t.claim.title} text={t.claim.own(user.name)}>
        <ButtonForm
          label={t.claim.move}
          onSubmit={async () => {
            await ask(ClaimPurchase, { token })
            isDone.value = true
          }}
        />
      </Narrow>
    )
  const claim = async (given: FormData) => {
    try {
      await signInBy(ClaimAccount, { input: { token, password: textOf(given, 'password') } })
      route('/tickets', true)
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'EMAIL_TAKEN') throw error
      isTaken.value = true
    }
  }
  return (
    <Narrow title={t.claim.title} text={t.claim.text}>
      {isTaken.value && (
        <Notice
          tone="warning"
          alert
          actions={
            // The link comes back with them, behind the # as before.
            <Button variant="primary" href={withNext('/sign-in', `/claim#token=${token}`)}>
              {t.signIn.title}
            </Button>
          }
        >
          {t.claim.taken}
        </Notice>
      )}
      <Form onSubmit={claim}>
        {(busy) => (
          <>
            <NewPassword label={t.password} />
            <Button type="submit" variant="primary" busy={busy} wide>
              {t.claim.submit}
            </Button>
          </>
        )}
      </Form>
    </Narrow>
  )
}
