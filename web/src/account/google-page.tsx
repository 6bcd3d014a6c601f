import { useSignal } from '@preact/signals'
import { useLocation } from 'preact-iso'
import { useEffect } from 'preact/hooks'
import { asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { deviceToken, signInBy } from '../api/sign-in.ts'
import { withStepUp } from '../api/step-up.ts'
import { LinkGoogle } from '../generated/account/security.ts'
import { LoginWithGoogle } from '../generated/account/sign-in.ts'
import { explain, useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { notify } from '../ui/toast.ts'
import { takeGoogle } from './google-state.ts'
import { Narrow } from './narrow.tsx'
import { safeNext, withNext } from './next.ts'
import { type Challenge, challengeOf, SecondFactor } from './second-factor.tsx'

/** Where Google sends people back to: signs them in, or links the account that they chose there. */
export function GooglePage() {
  const t = useTexts('account')
  const { query, route } = useLocation()
  const outcome = useSignal<{ title: string; text: string } | null>(null)
  const challenge = useSignal<Challenge | null>(null)
  const next = useSignal('/')

  const finish = async () => {
    const { purpose, next: wanted } = takeGoogle()
    next.value = safeNext(wanted)
    const { code, state, iss } = query
    history.replaceState(null, '', location.pathname) // good once: not for the history
    if (!code || !state) {
      outcome.value = { title: t.google.refused, text: '' }
      return
    }
    const input = { code, state, ...(iss ? { iss } : {}) }
    if (purpose === 'link') {
      await withStepUp(() => ask(LinkGoogle, { input }))
      notify(t.google.linked)
    } else await signInBy(LoginWithGoogle, { input: { ...input, deviceToken: deviceToken() } })
    route(next.value, true)
  }
  useEffect(() => {
    finish().catch((error: unknown) => {
      const asked = challengeOf(error)
      const { code } = asApiError(error)
      if (asked) challenge.value = asked
      else if (code === 'EMAIL_TAKEN')
        outcome.value = { title: explain(asApiError(error)).title, text: t.google.takenText }
      else outcome.value = explain(asApiError(error))
    })
  }, [])

  if (challenge.value)
    return (
      <Narrow title={t.factor.title} text={t.factor.text}>
        <SecondFactor
          challenge={challenge.value}
          onDone={() => route(next.value, true)}
          onOver={() => route(withNext('/sign-in', next.value), true)}
        />
      </Narrow>
    )
  if (!outcome.value) return <Narrow title={t.google.working} />
  return (
    <Narrow title={outcome.value.title} text={outcome.value.text}>
      <Button variant="primary" href={withNext('/sign-in', next.value)}>
        {t.signIn.title}
      </Button>
    </Narrow>
  )
}
