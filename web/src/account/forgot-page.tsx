import { useSignal } from '@preact/signals'
import { ask } from '../api/ask.ts'
import { RequestPasswordReset } from '../generated/account/links.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { TextInput } from '../ui/text-input.tsx'
import { Narrow } from './narrow.tsx'
import { textOf } from './text-of.ts'

/** Asks for a link to a new password. Whether the address has an account is told to nobody. */
export function ForgotPage() {
  const t = useTexts('account')
  const sentTo = useSignal<string | null>(null)
  if (sentTo.value !== null)
    return (
      <Narrow title={t.link.sentTitle} text={t.forgot.sent(sentTo.value)}>
        <Button href="/sign-in">{t.back}</Button>
      </Narrow>
    )
  return (
    <Narrow title={t.forgot.title} text={t.forgot.text}>
      <Form
        onSubmit={async (given) => {
          const email = textOf(given, 'email')
          await ask(RequestPasswordReset, { email })
          sentTo.value = email
        }}
      >
        {(busy) => (
          <>
            <Field label={t.email} name="email">
              <TextInput name="email" type="email" required autocomplete="username" maxLength={254} />
            </Field>
            <Button type="submit" variant="primary" busy={busy} wide>
              {t.forgot.submit}
            </Button>
          </>
        )}
      </Form>
    </Narrow>
  )
}
