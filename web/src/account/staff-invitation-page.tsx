import { useSignal } from '@preact/signals'
import { ApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { session } from '../api/session.ts'
import { AcceptStaffInvitation, DeclineStaffInvitation } from '../generated/account/links.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'
import { ButtonForm } from './button-form.tsx'
import { NoToken, useMailedToken } from './mailed-link.tsx'
import { Narrow } from './narrow.tsx'
import { useSignInAgain, withNext } from './next.ts'

/** Answers an invitation to work for an event: yes, by the account that has the address it was sent to; no, by whoever has the link. */
export function StaffInvitationPage() {
  const { invitation: t, ...account } = useTexts('account')
  const token = useMailedToken()
  const joined = useSignal<{ slug: string; title: string } | null>(null)
  const isDeclined = useSignal(false)
  const isForAnother = useSignal(false)
  const signInAgain = useSignInAgain()
  if (token === null) return <NoToken />
  if (joined.value)
    return (
      <Narrow title={t.joined(joined.value.title)} text={t.joinedText}>
        <Button variant="primary" href="/door">
          {t.door}
        </Button>
        <Button href={`/events/${joined.value.slug}`}>{t.event}</Button>
      </Narrow>
    )
  if (isDeclined.value) return <Narrow title={t.declined} text={t.declinedText} />
  const accept = async () => {
    try {
      joined.value = (await ask(AcceptStaffInvitation, { token })).acceptStaffInvitation
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'FORBIDDEN') throw error
      isForAnother.value = true
    }
  }
  const decline = async () => {
    await ask(DeclineStaffInvitation, { token })
    isDeclined.value = true
  }
  const next = `/staff/invitation#token=${token}` // as before: behind the #, where no server sees it
  const { status, user } = session.value
  return (
    <Narrow title={t.title} text={status === 'signed-in' && user ? t.as(user.name) : t.signInFirst}>
      {isForAnother.value && (
        <Notice tone="warning" alert>
          {t.forAnother}
        </Notice>
      )}
      {status === 'signed-in' ? (
        <>
          <ButtonForm label={t.accept} onSubmit={accept} />
          {isForAnother.value && (
            <ButtonForm label={t.another} variant="quiet" onSubmit={() => signInAgain(next)} />
          )}
        </>
      ) : (
        <>
          <Button variant="primary" href={withNext('/sign-in', next)}>
            {account.signIn.title}
          </Button>
          <Button href={withNext('/sign-up', next)}>{t.signUp}</Button>
        </>
      )}
      <ButtonForm label={t.decline} variant="quiet" onSubmit={decline} />
    </Narrow>
  )
}
