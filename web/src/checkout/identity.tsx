import { signal } from '@preact/signals'
import { useLocation } from 'preact-iso'
import { isKnown } from '../api/session.ts'
import { continueAsGuest } from '../api/sign-in.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { TextInput } from '../ui/text-input.tsx'
import { givenText } from './given.ts'

/** Who waits for an answer to "who is buying?". */
const waiting = signal<((known: boolean) => void) | null>(null)

/** Sees to it that it is known who buys, asking where it is not. Gives false when they would rather not say. */
export function identify(): Promise<boolean> {
  if (isKnown()) return Promise.resolve(true)
  waiting.value?.(false)
  return new Promise((resolve) => {
    waiting.value = resolve
  })
}

/** Where people sign in, and come back from. */
export const signInUrl = (back: string): string => `/sign-in?next=${encodeURIComponent(back)}`

function answer(known: boolean): void {
  waiting.value?.(known)
  waiting.value = null
}

/** Asks who buys: places are held in a person's name, and tickets are mailed there. Once on a page that calls `identify`. */
export function IdentityDialog() {
  const t = useTexts('checkout').identity
  const { url } = useLocation()
  return (
    <Dialog open={waiting.value !== null} title={t.title} onClose={() => answer(false)} size="s">
      <Form
        class="identity"
        onSubmit={async (data) => {
          await continueAsGuest(givenText(data, 'name'), givenText(data, 'email'))
          answer(true)
        }}
      >
        {(busy: boolean) => (
          <>
            <p>{t.text}</p>
            <Field label={t.name} name="name">
              <TextInput name="name" autocomplete="name" required maxLength={120} />
            </Field>
            <Field label={t.email} name="email" hint={t.emailHint}>
              <TextInput name="email" type="email" autocomplete="email" required maxLength={254} />
            </Field>
            <Button type="submit" variant="primary" size="l" busy={busy} wide>
              {t.go}
            </Button>
            <p class="identity__other">
              {t.or} <a href={signInUrl(url)}>{t.signIn}</a>
            </p>
          </>
        )}
      </Form>
    </Dialog>
  )
}
