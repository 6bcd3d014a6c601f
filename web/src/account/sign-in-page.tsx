import { useSignal } from '@preact/signals'
import { useLocation } from 'preact-iso'
import { ApiError, asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { session } from '../api/session.ts'
import { deviceToken, signInBy } from '../api/sign-in.ts'
import {
  FinishPasskeyLogin,
  Login,
  RequestMagicLink,
  StartGoogleLogin,
  StartPasskeyLogin,
} from '../generated/account/sign-in.ts'
import { explain, useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { Notice } from '../ui/notice.tsx'
import { TextInput } from '../ui/text-input.tsx'
import { challengeOf, type Challenge, SecondFactor } from './second-factor.tsx'
import { keepGoogle } from './google-state.ts'
import { Narrow } from './narrow.tsx'
import { useNext, withNext } from './next.ts'
import { hasPasskeys, usePasskey } from './passkey.ts'
import { textOf } from './text-of.ts'

/** Signs in by whatever opens the account. */
export function SignInPage() {
  const t = useTexts('account')
  const next = useNext()
  const { route } = useLocation()
  const email = useSignal('')
  const way = useSignal<'password' | 'link' | 'sent'>('password')
  const challenge = useSignal<Challenge | null>(null)
  const failure = useSignal<{ title: string; text: string } | null>(null)
  const busy = useSignal<'passkey' | 'google' | null>(null)
  const { status, user } = session.value

  const attempt = async (signingIn: () => Promise<unknown>) => {
    try {
      await signingIn()
      route(next, true)
    } catch (error) {
      const asked = challengeOf(error)
      if (!asked) throw error
      challenge.value = asked
    }
  }
  /** What no form of this page shows the failure of. */
  const press = async (what: 'passkey' | 'google', action: () => Promise<void>) => {
    busy.value = what
    failure.value = null
    try {
      await action()
    } catch (error) {
      failure.value = explain(asApiError(error))
    } finally {
      busy.value = null
    }
  }
  const byPasskey = async () => {
    const { startPasskeyLogin } = await ask(StartPasskeyLogin, {})
    const response = await usePasskey(startPasskeyLogin?.publicKey)
    if (response === null) {
      failure.value = { title: t.signIn.passkeyFailed, text: '' }
      return
    }
    await attempt(() => signInBy(FinishPasskeyLogin, { input: { response, deviceToken: deviceToken() } }))
  }
  const byGoogle = async () => {
    const redirectUri = new URL('/sign-in/google', location.origin).href
    const { startGoogleLogin } = await ask(StartGoogleLogin, { redirectUri })
    if (!startGoogleLogin) throw new ApiError('UNREACHABLE', 'no page at Google')
    keepGoogle({ purpose: 'sign-in', next })
    location.assign(startGoogleLogin.url)
  }

  if (challenge.value)
    return (
      <Narrow title={t.factor.title} text={t.factor.text}>
        <SecondFactor
          challenge={challenge.value}
          onDone={() => route(next, true)}
          onOver={() => (challenge.value = null)}
        />
      </Narrow>
    )
  if (status === 'signed-in' && user)
    return (
      <Narrow title={t.signIn.title} text={t.signIn.already(user.name)}>
        <Button variant="primary" href={next}>
          {t.signIn.go}
        </Button>
      </Narrow>
    )
  if (way.value === 'sent')
    return (
      <Narrow title={t.link.sentTitle} text={t.link.sent(email.value)}>
        <Button onClick={() => (way.value = 'password')}>{t.back}</Button>
      </Narrow>
    )

  const address = (
    <Field label={t.email} name="email">
      <TextInput
        name="email"
        type="email"
        required
        autocomplete="username webauthn"
        maxLength={254}
        value={email.value}
        onInput={(event) => (email.value = event.currentTarget.value)}
      />
    </Field>
  )
  if (way.value === 'link')
    return (
      <Narrow title={t.link.title} text={t.link.text}>
        <Form
          onSubmit={async () => {
            await ask(RequestMagicLink, { email: email.value })
            way.value = 'sent'
          }}
        >
          {(sending) => (
            <>
              {address}
              <Button type="submit" variant="primary" busy={sending} wide>
                {t.link.submit}
              </Button>
              <Button variant="quiet" icon="arrow-left" onClick={() => (way.value = 'password')}>
                {t.back}
              </Button>
            </>
          )}
        </Form>
      </Narrow>
    )
  return (
    <Narrow title={t.signIn.title}>
      {status === 'guest' && <Notice tone="warning">{t.signIn.guest}</Notice>}
      {failure.value && (
        <Notice tone="danger" title={failure.value.title} alert>
          {failure.value.text}
        </Notice>
      )}
      <Form
        onSubmit={(given) =>
          attempt(() =>
            signInBy(Login, {
              input: {
                email: email.value,
                password: textOf(given, 'password'),
                deviceToken: deviceToken(),
              },
            }),
          )
        }
      >
        {(sending) => (
          <>
            {address}
            <Field label={t.password} name="password">
              <TextInput
                name="password"
                type="password"
                required
                autocomplete="current-password"
                maxLength={200}
              />
            </Field>
            <Button type="submit" variant="primary" busy={sending} wide>
              {t.signIn.submit}
            </Button>
            <p class="account-narrow__aside">
              <a href={withNext('/forgot-password', next)}>{t.signIn.forgot}</a>
            </p>
          </>
        )}
      </Form>
      <p class="account-or" aria-hidden="true">
        <span>{t.or}</span>
      </p>
      <div class="account-ways">
        {hasPasskeys() && (
          <Button
            wide
            icon="lock"
            busy={busy.value === 'passkey'}
            onClick={() => void press('passkey', byPasskey)}
          >
            {t.signIn.passkey}
          </Button>
        )}
        <Button wide icon="mail" onClick={() => (way.value = 'link')}>
          {t.signIn.link}
        </Button>
        <Button
          wide
          icon="external"
          busy={busy.value === 'google'}
          onClick={() => void press('google', byGoogle)}
        >
          {t.signIn.google}
        </Button>
      </div>
      <p class="account-narrow__foot">
        {t.signIn.new} <a href={withNext('/sign-up', next)}>{t.signIn.signUp}</a>
      </p>
    </Narrow>
  )
}
