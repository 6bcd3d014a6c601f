import { useSignal } from '@preact/signals'
import { type ApiError, asApiError } from '../api/api-error.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { ProblemNotice } from './problem-notice.tsx'

interface StartOverProps {
  label: string
  /** What is lost by it. */
  text: string
  keep: string
  onConfirm(): Promise<void>
}

/** Giving up what is kept, asked once, since others can have it at once. */
export function StartOver({ label, text, keep, onConfirm }: StartOverProps) {
  const open = useSignal(false)
  const busy = useSignal(false)
  const error = useSignal<ApiError | null>(null)
  const close = () => {
    open.value = false
  }
  const confirm = async () => {
    busy.value = true
    error.value = null
    try {
      await onConfirm()
      close()
    } catch (failure) {
      error.value = asApiError(failure)
    } finally {
      busy.value = false
    }
  }
  return (
    <>
      <Button
        variant="quiet"
        onClick={() => {
          open.value = true
        }}
      >
        {label}
      </Button>
      <Dialog
        open={open.value}
        title={label}
        size="s"
        onClose={close}
        actions={
          <>
            <Button variant="danger" busy={busy.value} onClick={() => void confirm()}>
              {label}
            </Button>
            <Button onClick={close}>{keep}</Button>
          </>
        }
      >
        <p>{text}</p>
        <ProblemNotice error={error.value} />
      </Dialog>
    </>
  )
}
