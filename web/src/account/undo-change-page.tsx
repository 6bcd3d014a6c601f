import { useSignal } from '@preact/signals'
import { ask } from '../api/ask.ts'
import { UndoEmailChange } from '../generated/account/links.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { ButtonForm } from './button-form.tsx'
import { NoToken, useMailedToken } from './mailed-link.tsx'
import { Narrow } from './narrow.tsx'

/** Takes a changed address back. It ends all sessions, so it is asked for once more. */
export function UndoChangePage() {
  const t = useTexts('account').undo
  const token = useMailedToken()
  const isDone = useSignal(false)
  if (token === null) return <NoToken />
  if (isDone.value)
    return (
      <Narrow title={t.done} text={t.doneText}>
        <Button variant="primary" href="/forgot-password">
          {t.next}
        </Button>
      </Narrow>
    )
  return (
    <Narrow title={t.title} text={t.text}>
      <ButtonForm
        label={t.submit}
        variant="danger"
        onSubmit={async () => {
          await ask(UndoEmailChange, { token })
          isDone.value = true
        }}
      />
    </Narrow>
  )
}
