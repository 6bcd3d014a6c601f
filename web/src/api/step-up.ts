import { signal } from '@preact/signals'
import { ApiError } from './api-error.ts'

/** Somebody who has to show once more that it is them; the app shows a dialog while there is one. */
export interface StepUpRequest {
  /** It was shown: what waited for it goes on. */
  done(): void
  /** They would rather not: what waited for it fails as it would have. */
  cancelled(): void
}

export const stepUpRequest = signal<StepUpRequest | null>(null)

/**
 * Does something that may ask for a proof of just now (STEP_UP_REQUIRED); then asks the person for it, and does it again.
 * @throws whatever the action does; STEP_UP_REQUIRED when the person declines.
 */
export async function withStepUp<R>(action: () => Promise<R>): Promise<R> {
  try {
    return await action()
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'STEP_UP_REQUIRED') throw error
    if (!(await proven())) throw error
    return await action()
  }
}

/** Whether the person has shown it. */
function proven(): Promise<boolean> {
  stepUpRequest.value?.cancelled()
  return new Promise((resolve) => {
    const end = (shown: boolean) => () => {
      stepUpRequest.value = null
      resolve(shown)
    }
    stepUpRequest.value = { done: end(true), cancelled: end(false) }
  })
}
