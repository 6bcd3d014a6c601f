import { type ReadonlySignal, useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { nodesOf } from '../api/nodes.ts'
import { type ApiError, asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import type { Document } from '../api/document.ts'
import { firstPaint } from '../api/first-paint.ts'
import { session } from '../api/session.ts'

interface Connection<N> {
  readonly edges: readonly { readonly node: N }[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
  readonly totalCount: number
}

/** A list as far as it was asked for. */
interface Pages<N> {
  /** Null until the first page is there; while another list is asked for, the one before stays. */
  readonly nodes: ReadonlySignal<readonly N[] | null>
  readonly total: ReadonlySignal<number>
  readonly hasNext: ReadonlySignal<boolean>
  readonly loading: ReadonlySignal<boolean>
  readonly error: ReadonlySignal<ApiError | null>
  /** Asks for what follows; true when that was all of it. */
  more(): Promise<boolean>
  reload(): Promise<unknown>
}

/** Reads a list page by page, anew for other variables. What the server has put into the page is there at once. @param variables null while there is nothing to ask. @param page finds the list in an answer. */
export function usePages<R, V, N>(
  document: Document<R, V>,
  variables: V | null,
  page: (data: R) => Connection<N> | null | undefined,
): Pages<N> {
  const key = variables && JSON.stringify(variables)
  const given = useRef<Connection<N> | null | undefined>(undefined)
  if (given.current === undefined) {
    const data = key === null ? null : firstPaint(document, key)
    given.current = (data && page(data)) ?? null
  }
  const nodes = useSignal<readonly N[] | null>(given.current && nodesOf(given.current))
  const total = useSignal(given.current?.totalCount ?? 0)
  const hasNext = useSignal(given.current?.pageInfo.hasNextPage ?? false)
  const loading = useSignal(variables !== null && nodes.value === null)
  const error = useSignal<ApiError | null>(null)
  const cursor = useRef(given.current?.pageInfo.endCursor ?? null)
  const running = useRef<AbortController | null>(null)

  const load = async (after: string | null): Promise<boolean> => {
    running.current?.abort()
    if (variables === null) return false
    const controller = new AbortController()
    running.current = controller
    loading.value = true
    try {
      const data = await ask(document, after === null ? variables : { ...variables, after }, {
        signal: controller.signal,
      })
      if (controller.signal.aborted) return false
      const found = page(data)
      const got = nodesOf(found)
      nodes.value = after === null ? got : [...(nodes.value ?? []), ...got]
      total.value = found?.totalCount ?? 0
      hasNext.value = found?.pageInfo.hasNextPage ?? false
      cursor.current = found?.pageInfo.endCursor ?? null
      error.value = null
    } catch (failure) {
      if (!controller.signal.aborted) error.value = asApiError(failure)
    } finally {
      if (running.current === controller) loading.value = false
    }
    return !hasNext.value
  }

  useEffect(() => {
    const isThere = given.current !== null && session.value.user === undefined
    given.current = null
    if (!isThere) void load(null)
    return () => running.current?.abort()
  }, [key, session.value.user?.id])

  return { nodes, total, hasNext, loading, error, more: () => load(cursor.current), reload: () => load(null) }
}
