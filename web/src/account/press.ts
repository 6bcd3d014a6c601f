import { type Signal, useSignal } from '@preact/signals'
import { ApiError, asApiError } from '../api/api-error.ts'
import { explain } from '../texts/index.ts'
import { notify } from '../ui/toast.ts'

/**
 * What a button of no form does: which one is under way, and a word when it fails.
 * STEP_UP_REQUIRED that comes through was declined by the person, who need not be told.
 */
export function usePress<K extends string>(): {
  busy: Signal<K | null>
  press(key: K, action: () => Promise<unknown>): void
} {
  const busy = useSignal<K | null>(null)
  const press = (key: K, action: () => Promise<unknown>) => {
    if (busy.value !== null) return
    busy.value = key
    action()
      .catch((error: unknown) => {
        if (error instanceof ApiError && error.code === 'STEP_UP_REQUIRED') return
        const { title, text } = explain(asApiError(error))
        notify(`${title}. ${text}`, { tone: 'danger' })
      })
      .finally(() => (busy.value = null))
  }
  return { busy, press }
}
