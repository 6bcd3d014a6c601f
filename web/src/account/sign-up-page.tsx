import { useLocation } from 'preact-iso'
import { signInBy } from '../api/sign-in.ts'
import { SignUp } from '../generated/account/sign-in.ts'
import { useTexts } from '../texts/index.ts'
import { language } from '../texts/language.ts'
import { Button } from '../ui/button.tsx'
import { Form } from '../ui/form.tsx'
import { Field } from '../ui/field.tsx'
import { TextInput } from '../ui/text-input.tsx'
import { notify } from '../ui/toast.ts'
import { Narrow } from './narrow.tsx'
import { useNext, withNext } from './next.ts'
import { textOf } from './text-of.ts'

/** Makes an account, in the language and zone of this browser. */
export function SignUpPage() {
  const t = useTexts('account')
  const next = useNext()
  const { route } = useLocation()
  return (
    <Narrow title={t.signUp.title} text={t.signUp.text}>
      <Form
        onSubmit={async (given) => {
          const name = textOf(given, 'name').trim()
          await signInBy(SignUp, {
            input: {
              name,
              email: textOf(given, 'email'),
              password: textOf(given, 'password'),
              language: language.value === 'id' ? 'ID' : 'EN',
              timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
            },
          })
          notify(`${t.signUp.welcome(name)} ${t.signUp.verify}`)
          route(next, true)
        }}
      >
        {(busy) => (
          <>
            <Field label={t.name} hint={t.nameHint} name="name">
              <TextInput name="name" required autocomplete="name" maxLength={120} />
            </Field>
            <Field label={t.email} name="email">
              <TextInput name="email" type="email" required autocomplete="username" maxLength={254} />
            </Field>
            <NewPassword label={t.password} />
            <Button type="submit" variant="primary" busy={busy} wide>
              {t.signUp.submit}
            </Button>
          </>
        )}
      </Form>
      <p class="account-narrow__foot">
        {t.signUp.have} <a href={withNext('/sign-in', next)}>{t.signUp.signIn}</a>
      </p>
    </Narrow>
  )
}

/** A password that is chosen, under the rules of the API. */
export function NewPassword({ label, name = 'password' }: { label: string; name?: string }) {
  const t = useTexts('account')
  return (
    <Field label={label} hint={t.passwordHint} name={name}>
      <TextInput
        name={name}
        type="password"
        required
        autocomplete="new-password"
        minLength={8}
        maxLength={200}
      />
    </Field>
  )
}
