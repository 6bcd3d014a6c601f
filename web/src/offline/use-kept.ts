import { type ReadonlySignal, signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { type ApiError, asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import type { Document } from '../api/document.ts'
import { session } from '../api/session.ts'
import { belongTo } from './database.ts'
import { keepAnswer, keptAnswer } from './kept.ts'

interface Kept<R> {
  data: ReadonlySignal<R | null>
  /** When what is shown was read, in milliseconds, while it is what was kept; null once it is as the API has it. */
  keptAt: ReadonlySignal<number | null>
  error: ReadonlySignal<ApiError | null>
  loading: ReadonlySignal<boolean>
  reload(): void
  /** Shows another answer, as one that a subscription brought, and keeps it. */
  take(data: R): void
}

/**
 * What is the person's own, also where there is no connection: at once what was kept on this device, then as the API has it.
 * @param variables null: nothing is asked (yet).
 */
export function useKept<R, V>(document: Document<R, V>, variables: V | null): Kept<R> {
  const key = variables === null ? null : `${document}:${JSON.stringify(variables)}`
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- the key says all of both
  const query = useMemo(() => createKept(document, variables, key), [key])
  useEffect(() => query.start(), [query])
  return query
}

function createKept<R, V>(document: Document<R, V>, variables: V | null, key: string | null) {
  const data = signal<R | null>(null)
  const keptAt = signal<number | null>(null)
  const error = signal<ApiError | null>(null)
  const loading = signal(key !== null)
  let running: AbortController | null = null

  async function read(signal: AbortSignal): Promise<void> {
    try {
      const answer = await ask(document, variables as V, { signal })
      if (!signal.aborted) take(answer)
    } catch (failure) {
      if (!signal.aborted) error.value = asApiError(failure)
    }
    if (!signal.aborted) loading.value = false
  }

  async function show(): Promise<void> {
    if (key === null) return
    const kept = await keptAnswer(key).catch(() => undefined)
    if (kept && data.value === null) {
      data.value = kept.data as R
      keptAt.value = kept.keptAt
    }
  }

  function take(answer: R): void {
    data.value = answer
    keptAt.value = null
    error.value = null
    const personId = session.value.user?.id
    if (key !== null && personId !== undefined)
      void belongTo(personId)
        .then(() => keepAnswer('mine', key, answer))
        .catch(() => undefined) // a browser that keeps nothing
  }

  function reload(): void {
    if (key === null) return
    running?.abort()
    running = new AbortController()
    loading.value = true
    void read(running.signal)
  }

  return {
    data,
    keptAt,
    error,
    loading,
    reload,
    take,
    start() {
      void show()
      reload()
      return () => running?.abort()
    },
  }
}
