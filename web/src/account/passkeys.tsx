import { useSignal } from '@preact/signals'
import { ask } from '../api/ask.ts'
import { holdToken } from '../api/session.ts'
import { withStepUp } from '../api/step-up.ts'
import {
  FinishPasskeyRegistration,
  type MySecurityResult,
  RemovePasskey,
  StartPasskeyRegistration,
} from '../generated/account/security.ts'
import { useTexts } from '../texts/index.ts'
import { relative } from '../texts/times.ts'
import { Button } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { TextInput } from '../ui/text-input.tsx'
import { notify } from '../ui/toast.ts'
import { hasPasskeys, makePasskey } from './passkey.ts'
import { usePress } from './press.ts'
import { textOf } from './text-of.ts'

type Passkey = NonNullable<MySecurityResult['myPasskeys']>['edges'][number]['node']

interface PasskeysProps {
  passkeys: readonly Passkey[]
  /** Something has changed. @param codes new recovery codes, where there are any. */
  onChange(codes: readonly string[]): void
}

/** Keys of the person's devices that sign them in. */
export function Passkeys({ passkeys, onChange }: PasskeysProps) {
  const { cancel, remove, securityPage: t } = useTexts('settings')
  const adding = useSignal(false)
  const removing = useSignal<Passkey | null>(null)
  const { busy, press } = usePress<'remove'>()

  const add = async (name: string) => {
    const { startPasskeyRegistration: begun } = await withStepUp(() => ask(StartPasskeyRegistration, {}))
    const response = await makePasskey(begun?.publicKey)
    if (response === null) return
    const { finishPasskeyRegistration: done } = await ask(FinishPasskeyRegistration, {
      input: { response, ...(name ? { name } : {}) },
    })
    if (!done) return
    holdToken(done)
    adding.value = false
    notify(t.added)
    onChange(done.recoveryCodes)
  }
  const takeAway = (passkey: Passkey) =>
    press('remove', async () => {
      removing.value = null
      await withStepUp(() => ask(RemovePasskey, { id: passkey.id }))
      notify(t.removed)
      onChange([])
    })

  return (
    <Card title={t.passkeys}>
      <p>{t.passkeysText}</p>
      {passkeys.length === 0 ? (
        <p class="account-list__more">{t.noPasskeys}</p>
      ) : (
        <ul class="account-list">
          {passkeys.map((passkey) => (
            <li key={passkey.id}>
              <div class="account-list__what">
                <p class="account-list__name">{passkey.name}</p>
                <p class="account-list__more">
                  {[
                    passkey.lastUsedAt ? t.lastUsed(relative(passkey.lastUsedAt)) : t.neverUsed,
                    passkey.synced && t.synced,
                  ]
                    .filter(Boolean)
                    .join(', ')}
                </p>
              </div>
              <Button size="s" icon="trash" onClick={() => (removing.value = passkey)}>
                {remove}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {!hasPasskeys() && <p class="account-list__more">{t.unsupported}</p>}
      {hasPasskeys() && !adding.value && (
        <div>
          <Button icon="plus" onClick={() => (adding.value = true)}>
            {t.add}
          </Button>
        </div>
      )}
      {adding.value && (
        <Form onSubmit={(given) => add(textOf(given, 'name').trim())}>
          {(sending) => (
            <>
              <Field label={t.addName} hint={t.addHint} name="name">
                <TextInput name="name" maxLength={120} autocomplete="off" />
              </Field>
              <div class="row">
                <Button type="submit" variant="primary" busy={sending}>
                  {t.add}
                </Button>
                <Button variant="quiet" onClick={() => (adding.value = false)}>
                  {cancel}
                </Button>
              </div>
            </>
          )}
        </Form>
      )}
      <Dialog
        open={removing.value !== null}
        size="s"
        title={removing.value ? t.removeAsk(removing.value.name) : ''}
        onClose={() => (removing.value = null)}
        actions={
          <>
            <Button
              variant="danger"
              busy={busy.value === 'remove'}
              onClick={() => removing.value && takeAway(removing.value)}
            >
              {remove}
            </Button>
            <Button onClick={() => (removing.value = null)}>{cancel}</Button>
          </>
        }
      >
        <p>{t.passkeysText}</p>
      </Dialog>
    </Card>
  )
}
