import { useSignal } from '@preact/signals'
import { ask } from '../api/ask.ts'
import { ResetPassword } from '../generated/account/links.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Form } from '../ui/form.tsx'
import { NoToken, useMailedToken } from './mailed-link.tsx'
import { Narrow } from './narrow.tsx'
import { NewPassword } from './sign-up-page.tsx'
import { textOf } from './text-of.ts'

/** Chooses another password by the link that was mailed. */
export function ResetPage() {
  const t = useTexts('account')
  const token = useMailedToken()
  const isDone = useSignal(false)
  if (token === null) return <NoToken />
  if (isDone.value)
    return (
      <Narrow title={t.reset.done} text={t.reset.doneText}>
        <Button variant="primary" href="/sign-in">
          {t.signIn.title}
        </Button>
      </Narrow>
    )
  return (
    <Narrow title={t.reset.title} text={t.reset.text}>
      <Form
        onSubmit={async (given) => {
          await ask(ResetPassword, { input: { token, password: textOf(given, 'password') } })
          isDone.value = true
        }}
      >
        {(busy) => (
          <>
            <NewPassword label={t.newPassword} />
            <Button type="submit" variant="primary" busy={busy} wide>
              {t.reset.submit}
            </Button>
            <p class="account-narrow__aside">
              <a href="/forgot-password">{t.signIn.forgot}</a>
            </p>
          </>
        )}
      </Form>
    </Narrow>
  )
}
