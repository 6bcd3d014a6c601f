import { useSignal } from '@preact/signals'
import { encode } from 'uqr'
import { ask } from '../api/ask.ts'
import { holdToken } from '../api/session.ts'
import { withStepUp } from '../api/step-up.ts'
import { ConfirmTotp, DisableTotp, EnableTotp, type Factors } from '../generated/account/security.ts'
import { useTexts } from '../texts/index.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { Field } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { TextInput } from '../ui/text-input.tsx'
import { notify } from '../ui/toast.ts'
import { usePress } from './press.ts'
import { textOf } from './text-of.ts'

interface AuthenticatorProps {
  factors: Factors
  /** Something has changed. @param codes new recovery codes, where there are any. */
  onChange(codes: readonly string[]): void
}

/** The authenticator app as a second factor: set up, confirmed by its code, taken away by one. */
export function Authenticator({ factors, onChange }: AuthenticatorProps) {
  const { cancel, securityPage: t } = useTexts('settings')
  const setup = useSignal<{ secret: string; uri: string } | null>(null)
  const removing = useSignal(false)
  const { busy, press } = usePress<'begin'>()
  return (
    <Card
      title={t.app}
      actions={
        <Badge tone={factors.totpEnabled ? 'success' : 'neutral'}>{factors.totpEnabled ? t.on : t.off}</Badge>
      }
    >
      <p>{t.appText}</p>
      {factors.required && !factors.totpEnabled && <p>{t.required}</p>}
      {!factors.totpEnabled && !setup.value && (
        <div>
          <Button
            busy={busy.value === 'begin'}
            onClick={() =>
              press(
                'begin',
                async () => (setup.value = (await withStepUp(() => ask(EnableTotp, {}))).enableTotp),
              )
            }
          >
            {t.setUp}
          </Button>
        </div>
      )}
      {setup.value && (
        <div class="stack">
          <p>{t.scan}</p>
          <QrCode text={setup.value.uri} label={t.qr} />
          <p>
            {t.secret} <span class="account-secret">{setup.value.secret}</span>
          </p>
          <Form
            onSubmit={async (given) => {
              const { confirmTotp: done } = await ask(ConfirmTotp, { code: textOf(given, 'code') })
              if (!done) return
              holdToken(done)
              setup.value = null
              notify(t.enabled)
              onChange(done.recoveryCodes)
            }}
          >
            {(sending) => (
              <>
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
                  <Button type="submit" variant="primary" busy={sending}>
                    {t.confirm}
                  </Button>
                  <Button variant="quiet" onClick={() => (setup.value = null)}>
                    {cancel}
                  </Button>
                </div>
              </>
            )}
          </Form>
        </div>
      )}
      {factors.totpEnabled && !removing.value && (
        <div>
          <Button onClick={() => (removing.value = true)}>{t.disable}</Button>
        </div>
      )}
      {removing.value && (
        <Form
          onSubmit={async (given) => {
            await ask(DisableTotp, { code: textOf(given, 'code') })
            removing.value = false
            notify(t.disabled)
            onChange([])
          }}
        >
          {(sending) => (
            <>
              <Field label={t.code} hint={t.disableText} name="code">
                <TextInput name="code" required autocomplete="one-time-code" maxLength={40} />
              </Field>
              <div class="row">
                <Button type="submit" variant="danger" busy={sending}>
                  {t.disable}
                </Button>
                <Button variant="quiet" onClick={() => (removing.value = false)}>
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

/** Dark on white in either theme, as cameras need it. */
function QrCode({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { border: 2 })
  const dark = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : [])))
  return (
    <svg
      class="account-qr"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={label}
      shape-rendering="crispEdges"
    >
      <path d={dark.join('')} fill="black" />
    </svg>
  )
}
