import { useSignal } from '@preact/signals'
import { ask } from '../api/ask.ts'
import { type MyPreferencesResult, RequestPhoneCode, VerifyPhone } from '../generated/account/preferences.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { Field } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { TextInput } from '../ui/text-input.tsx'
import { notify } from '../ui/toast.ts'
import { textOf } from './text-of.ts'

type Me = NonNullable<MyPreferencesResult['me']>

/** The number that text messages go to, shown to be the person's by a code that is sent there. */
export function Phone({ me, take }: { me: Me; take(me: Me): void }) {
  const { cancel, preferencesPage: t } = useTexts('settings')
  const step = useSignal<'shown' | 'number' | 'code'>(me.phoneVerified ? 'shown' : 'number')
  const number = useSignal(me.phoneNumber ?? '')
  return (
    <Card title={t.phone}>
      <p>{me.phoneVerified && me.phoneNumber ? t.phoneHave(me.phoneNumber) : t.phoneNone}</p>
      {step.value === 'shown' && (
        <div>
          <Button onClick={() => (step.value = 'number')}>{t.other}</Button>
        </div>
      )}
      {step.value === 'number' && (
        <Form
          onSubmit={async () => {
            await ask(RequestPhoneCode, { phoneNumber: number.value })
            step.value = 'code'
          }}
        >
          {(busy) => (
            <>
              <Field label={t.phoneNew} hint={t.phoneHint} name="phoneNumber">
                <TextInput
                  name="phoneNumber"
                  type="tel"
                  required
                  autocomplete="tel"
                  maxLength={25}
                  value={number.value}
                  onInput={({ currentTarget }) => (number.value = currentTarget.value)}
                />
              </Field>
              <div>
                <Button type="submit" busy={busy}>
                  {t.sendCode}
                </Button>
              </div>
            </>
          )}
        </Form>
      )}
      {step.value === 'code' && (
        <Form
          onSubmit={async (given) => {
            const { verifyPhone: changed } = await ask(VerifyPhone, { code: textOf(given, 'code') })
            if (changed) take(changed)
            step.value = 'shown'
            notify(t.verified)
          }}
        >
          {(busy) => (
            <>
              <p role="status">{t.codeSent(number.value)}</p>
              <Field label={t.code} name="code">
                <TextInput
                  name="code"
                  required
                  inputMode="numeric"
                  autocomplete="one-time-code"
                  maxLength={10}
                />
              </Field>
              <div class="row">
                <Button type="submit" variant="primary" busy={busy}>
                  {t.verify}
                </Button>
                <Button variant="quiet" onClick={() => (step.value = 'number')}>
                  {cancel}
                </Button>
              </div>
            </>
          )}
        </Form>
      )}
    </Card>
  )
}
