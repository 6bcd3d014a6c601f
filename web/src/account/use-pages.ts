import { type Signal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { nodesOf } from '../api/nodes.ts'
import { asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import type { Document } from '../api/document.ts'
import { type Query, useQuery } from '../api/use-query.ts'
import { explain } from '../texts/index.ts'
import { notify } from '../ui/toast.ts'

/** A page of a list, as all connections of the API have it. */
interface Page<N> {
  readonly totalCount: number
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
  readonly edges: readonly { readonly node: N }[]
}

/** A list that grows by pages. */
export interface Pages<N> {
  readonly first: Query<unknown>
  readonly nodes: Signal<readonly N[]>
  readonly total: number
  readonly hasNext: boolean
  readonly loading: Signal<boolean>
  more(): Promise<void>
}

/** Reads a list from its start, and more of it when asked. @param of finds the connection in an answer. */
export function usePages<R, N>(
  document: Document<R, { after?: string | null }>,
  of: (answer: R) => Page<N> | null,
): Pages<N> {
  const first = useQuery(document, {})
  const last = useSignal<Page<N> | null>(null)
  const nodes = useSignal<readonly N[]>([])
  const loading = useSignal(false)
  const answer = first.data.value
  useEffect(() => {
    last.value = answer && of(answer)
    nodes.value = nodesOf(last.value)
  }, [answer])
  const more = async () => {
    loading.value = true
    try {
      const page = of(await ask(document, { after: last.value?.pageInfo.endCursor ?? null }))
      last.value = page
      nodes.value = [...nodes.value, ...(page?.edges ?? []).map(({ node }) => node)]
    } catch (error) {
      notify(explain(asApiError(error)).title, { tone: 'danger' })
    } finally {
      loading.value = false
    }
  }
  return {
    first,
    nodes,
    total: last.value?.totalCount ?? 0,
    hasNext: last.value?.pageInfo.hasNextPage ?? false,
    loading,
    more,
  }
}
