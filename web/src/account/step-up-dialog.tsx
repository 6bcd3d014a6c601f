import { useSignal } from '@preact/signals'
import { useLocation } from 'preact-iso'
import { ApiError, asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { holdToken } from '../api/session.ts'
import type { StepUpRequest } from '../api/step-up.ts'
import { useQuery } from '../api/use-query.ts'
import { HowToStepUp, StartStepUp, StepUp } from '../generated/account/step-up.ts'
import { explain, useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { Notice } from '../ui/notice.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import { TextInput } from '../ui/text-input.tsx'
import { useSignInAgain } from './next.ts'
import { hasPasskeys, usePasskey } from './passkey.ts'
import { textOf } from './text-of.ts'

/** Asks for what shows that it is the person: their second factor where they have one, else their password. */
export default function StepUpDialog({ request }: { request: StepUpRequest }) {
  const t = useTexts('account').stepUp
  const { password } = useTexts('account')
  const { data, error } = useQuery(HowToStepUp, {})
  const factors = data.value?.mySecondFactors
  const withFactor = factors ? factors.totpEnabled || factors.passkeys > 0 : false
  const failure = useSignal<ApiError | null>(null)
  const failed = failure.value && explain(failure.value)
  const { url } = useLocation()
  const signInAgain = useSignInAgain()
  const fail = (error: unknown) => (failure.value = asApiError(error))

  const show = async (input: { password?: string; code?: string; passkey?: unknown }) => {
    const { stepUp } = await ask(StepUp, { input })
    if (stepUp === null) throw new ApiError('INTERNAL_SERVER_ERROR', 'no token came')
    holdToken(stepUp)
    request.done()
  }
  const byPasskey = async () => {
    const { startPasskeyLogin } = await ask(StartStepUp, {})
    const passkey = await usePasskey(startPasskeyLogin?.publicKey)
    if (passkey !== null) await show({ passkey })
  }

  return (
    <Dialog open title={t.title} onClose={request.cancelled} size="s">
      <p>{t.text}</p>
      {failed && (
        <Notice tone="danger" title={failed.title} alert>
          {failed.text}
        </Notice>
      )}
      {!data.value && !error.value ? (
        <Skeleton lines={2} />
      ) : (
        <Form
          onSubmit={(given) => {
            const proof = textOf(given, 'proof')
            return show(withFactor ? { code: proof } : { password: proof })
          }}
        >
          {(busy) => (
            <>
              {withFactor ? (
                <Field label={t.code} name="proof">
                  <TextInput
                    name="proof"
                    required
                    autocomplete="one-time-code"
                    inputMode="text"
                    maxLength={40}
                  />
                </Field>
              ) : (
                <Field label={password} name="proof">
                  <TextInput
                    name="proof"
                    type="password"
                    required
                    autocomplete="current-password"
                    maxLength={200}
                  />
                </Field>
              )}
              <div class="row">
                <Button type="submit" variant="primary" busy={busy}>
                  {t.submit}
                </Button>
                {withFactor && hasPasskeys() && (
                  <Button icon="lock" onClick={() => void byPasskey().catch(fail)}>
                    {t.passkey}
                  </Button>
                )}
                <Button variant="quiet" onClick={request.cancelled}>
                  {t.cancel}
                </Button>
              </div>
              {!withFactor && (
                <p>
                  {t.neither}{' '}
                  <Button size="s" onClick={() => void signInAgain(url).then(request.cancelled).catch(fail)}>
                    {t.signIn}
                  </Button>
                </p>
              )}
            </>
          )}
        </Form>
      )}
    </Dialog>
  )
}
