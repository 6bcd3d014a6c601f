import { type Signal, useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { type ApiError, asApiError } from './api-error.ts'
import { ask } from './ask.ts'
import type { Document } from './document.ts'
import { firstPaint } from './first-paint.ts'
import { keepAnswered, keptFor } from './keeper.ts'
import { session } from './session.ts'

/** What a page shows of a query. While it is asked again, `data` stays what it was. */
export interface Query<R> {
  readonly data: Signal<R | null>
  readonly error: Signal<ApiError | null>
  readonly loading: Signal<boolean>
  reload(): Promise<void>
}

/**
 * Asks a query while a component is shown: anew for other variables, and for another person. What the server has put into the page is there at once.
 * @param variables null while it is not known yet what to ask.
 */
export function useQuery<R, V>(document: Document<R, V>, variables: V | null): Query<R> {
  const key = variables === null ? null : JSON.stringify(variables)
  const given = useRef<R | null | undefined>(undefined)
  if (given.current === undefined) given.current = key === null ? null : firstPaint(document, key)
  const data = useSignal<R | null>(given.current)
  const error = useSignal<ApiError | null>(null)
  const loading = useSignal(key !== null && data.value === null)
  const running = useRef<AbortController | null>(null)
  const userId = session.value.user?.id

  const load = async () => {
    running.current?.abort()
    if (variables === null) return
    const controller = new AbortController()
    running.current = controller
    loading.value = true
    try {
      const found = await ask(document, variables, { signal: controller.signal })
      if (controller.signal.aborted) return
      data.value = found
      error.value = null
      void keepAnswered(document, key, found)
    } catch (failure) {
      const kept = data.value === null ? await keptFor<R>(document, key, failure) : undefined
      if (controller.signal.aborted) return
      if (kept === undefined) error.value = asApiError(failure)
      else data.value = kept
    } finally {
      if (running.current === controller) loading.value = false
    }
  }

  const shown = useRef(key)
  useEffect(() => {
    if (shown.current !== key) {
      data.value = null // another thing, whose page must not show the one before
      error.value = null
      shown.current = key
    }
    const isThere = given.current !== null && given.current === data.value && userId === undefined
    given.current = null
    if (isThere) void keepAnswered(document, key, data.value)
    else void load()
    return () => running.current?.abort()
  }, [key, userId])

  return { data, error, loading, reload: load }
}
