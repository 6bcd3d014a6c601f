import { useSignal } from '@preact/signals'
import { ApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { withStepUp } from '../api/step-up.ts'
import { useQuery } from '../api/use-query.ts'
import {
  ChangePassword,
  type Factors,
  MySecurity,
  RegenerateRecoveryCodes,
  StartGoogleLink,
  UnlinkGoogle,
} from '../generated/account/security.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { Field } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { TextInput } from '../ui/text-input.tsx'
import { notify } from '../ui/toast.ts'
import { AccountPage, NoPassword } from './account-page.tsx'
import { Authenticator } from './authenticator.tsx'
import { keepGoogle } from './google-state.ts'
import { Passkeys } from './passkeys.tsx'
import { usePress } from './press.ts'
import { QueryState } from './query-state.tsx'
import { RecoveryCodes } from './recovery-codes.tsx'
import { NewPassword } from './sign-up-page.tsx'
import { textOf } from './text-of.ts'

/** What opens and protects the account. */
export function SecurityPage() {
  const query = useQuery(MySecurity, {})
  const codes = useSignal<readonly string[]>([])
  const changed = (fresh: readonly string[]) => {
    codes.value = fresh
    void query.reload()
  }
  return (
    <AccountPage part="security">
      <Password />
      <QueryState query={query}>
        {({ me, mySecondFactors: factors, myPasskeys }) => (
          <>
            <Passkeys passkeys={(myPasskeys?.edges ?? []).map(({ node }) => node)} onChange={changed} />
            {factors && <Authenticator factors={factors} onChange={changed} />}
            {factors && (factors.totpEnabled || factors.passkeys > 0) && (
              <Recovery factors={factors} onChange={changed} />
            )}
            <Google email={me?.googleEmail ?? null} onChange={() => changed([])} />
          </>
        )}
      </QueryState>
      {codes.value.length > 0 && <RecoveryCodes codes={codes.value} onKept={() => (codes.value = [])} />}
    </AccountPage>
  )
}

function Password() {
  const { securityPage: t } = useTexts('settings')
  return (
    <Card title={t.password}>
      <p>{t.passwordText}</p>
      <Form
        onSubmit={async (given, form) => {
          await ask(ChangePassword, {
            input: {
              currentPassword: textOf(given, 'currentPassword'),
              newPassword: textOf(given, 'newPassword'),
            },
          })
          form.reset()
          notify(t.changed)
        }}
      >
        {(busy) => (
          <>
            <Field label={t.current} name="currentPassword">
              <TextInput
                name="currentPassword"
                type="password"
                required
                autocomplete="current-password"
                maxLength={200}
              />
            </Field>
            <NewPassword label={t.next} name="newPassword" />
            <div>
              <Button type="submit" variant="primary" busy={busy}>
                {t.change}
              </Button>
            </div>
          </>
        )}
      </Form>
      <NoPassword />
    </Card>
  )
}

function Recovery({ factors, onChange }: { factors: Factors; onChange(codes: readonly string[]): void }) {
  const t = useTexts('settings').securityPage
  const { busy, press } = usePress<'renew'>()
  const renew = async () => {
    const { regenerateRecoveryCodes: codes } = await withStepUp(() => ask(RegenerateRecoveryCodes, {}))
    onChange(codes ?? [])
  }
  return (
    <Card title={t.codes}>
      <p>{t.codesText}</p>
      <p>{t.codesLeft(factors.recoveryCodesLeft)}</p>
      <div>
        <Button icon="refresh" busy={busy.value === 'renew'} onClick={() => press('renew', renew)}>
          {t.renew}
        </Button>
      </div>
    </Card>
  )
}

function Google({ email, onChange }: { email: string | null; onChange(): void }) {
  const t = useTexts('settings').securityPage
  const { busy, press } = usePress<'link' | 'unlink'>()
  const link = async () => {
    const redirectUri = new URL('/sign-in/google', location.origin).href
    const { startGoogleLogin: start } = await ask(StartGoogleLink, { redirectUri })
    if (!start) throw new ApiError('UNREACHABLE', 'no page at Google')
    keepGoogle({ purpose: 'link', next: '/account/security' })
    location.assign(start.url)
  }
  const unlink = async () => {
    await withStepUp(() => ask(UnlinkGoogle, {}))
    notify(t.unlinked)
    onChange()
  }
  return (
    <Card title={t.google}>
      <p>{email === null ? t.googleText : t.linked(email)}</p>
      <div>
        {email === null ? (
          <Button icon="external" busy={busy.value === 'link'} onClick={() => press('link', link)}>
            {t.link}
          </Button>
        ) : (
          <Button busy={busy.value === 'unlink'} onClick={() => press('unlink', unlink)}>
            {t.unlink}
          </Button>
        )}
      </div>
    </Card>
  )
}
