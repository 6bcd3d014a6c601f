import { useSignal } from '@preact/signals'
import { ApiError, asApiError } from '../api/api-error.ts'
import { deviceToken, signInBy } from '../api/sign-in.ts'
import { VerifySecondFactor } from '../generated/account/sign-in.ts'
import { explain, useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { Notice } from '../ui/notice.tsx'
import { TextInput } from '../ui/text-input.tsx'
import { hasPasskeys, usePasskey } from './passkey.ts'
import { textOf } from './text-of.ts'

/** What a sign-in asks for beside what was shown. */
export interface Challenge {
  readonly challenge: string
  readonly methods: readonly string[]
  readonly passkeyOptions: unknown
}

/** What SECOND_FACTOR_REQUIRED of a sign-in carries; null for any other failure. */
export function challengeOf(error: unknown): Challenge | null {
  if (!(error instanceof ApiError) || error.code !== 'SECOND_FACTOR_REQUIRED') return null
  const { challenge, methods, passkeyOptions } = error.extensions
  if (typeof challenge !== 'string') return null
  return { challenge, methods: Array.isArray(methods) ? methods.map(String) : [], passkeyOptions }
}

interface SecondFactorProps {
  challenge: Challenge
  onDone(): void
  /** The challenge is over: the sign-in has to begin anew. */
  onOver(): void
}

/** The second step of a sign-in, by whatever of the person's factors they have at hand. */
export function SecondFactor({ challenge, onDone, onOver }: SecondFactorProps) {
  const t = useTexts('account').factor
  const back = useTexts('account').back
  const failure = useSignal<ApiError | null>(null)
  const byPasskeyAlone = challenge.methods.every((method) => method === 'PASSKEY')

  const show = async (answer: { code?: string; passkey?: unknown }) => {
    try {
      const { challenge: asked } = challenge
      await signInBy(VerifySecondFactor, {
        input: { challenge: asked, deviceToken: deviceToken(), ...answer },
      })
      onDone()
    } catch (error) {
      if (error instanceof ApiError && error.code === 'UNAUTHENTICATED') onOver()
      throw error
    }
  }
  const byPasskey = async () => {
    const { publicKey = challenge.passkeyOptions } = (challenge.passkeyOptions ?? {}) as {
      publicKey?: unknown
    }
    const passkey = await usePasskey(publicKey)
    if (passkey !== null) await show({ passkey })
  }
  const failed = failure.value && explain(failure.value)
  return (
    <>
      {failed && (
        <Notice tone="danger" title={failed.title} alert>
          {failed.text}
        </Notice>
      )}
      {challenge.methods.includes('PASSKEY') && hasPasskeys() && (
        <Button
          wide
          icon="lock"
          variant={byPasskeyAlone ? 'primary' : 'secondary'}
          onClick={() => void byPasskey().catch((error: unknown) => (failure.value = asApiError(error)))}
        >
          {t.passkey}
        </Button>
      )}
      {!byPasskeyAlone && (
        <Form onSubmit={(given) => show({ code: textOf(given, 'code') })}>
          {(busy) => (
            <>
              <Field label={t.code} hint={t.codeHint} name="code">
                <TextInput
                  name="code"
                  required
                  autocomplete="one-time-code"
                  autoFocus
                  maxLength={40}
                  spellcheck={false}
                />
              </Field>
              <Button type="submit" variant="primary" busy={busy} wide>
                {t.submit}
              </Button>
            </>
          )}
        </Form>
      )}
      <Button variant="quiet" icon="arrow-left" onClick={onOver}>
        {back}
      </Button>
    </>
  )
}
