import type { Call } from '../common/protocol.ts'
import { invalid, noSuch } from './failure.ts'

/**
 * A page of a list, newest first: https://docs.stripe.com/api/pagination. Filters are those that the objects have
 * fields for: `payment_intent`, `charge`, `type`, `types[]`, and `created` with its bounds.
 * @throws StripeFailure
 */
export function listPage(call: Call, all: readonly { readonly id: string }[]): object {
  const { query } = call
  const limit = Number(query.get('limit') ?? 10)
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) {
    throw invalid('This value must be between 1 and 100.', {
      code: 'parameter_invalid_integer',
      param: 'limit',
    })
  }
  const found = all.toReversed().filter((one) => matches(one, query))
  const after = query.get('starting_after')
  const before = query.get('ending_before')
  const indexOf = (id: string, param: string): number => {
    const index = found.findIndex((one) => one.id === id)
    if (index === -1) throw noSuch('object', id, param)
    return index
  }
  const from = after ? indexOf(after, 'starting_after') + 1 : 0
  const until = before ? indexOf(before, 'ending_before') : found.length
  const data = before ? found.slice(Math.max(0, until - limit), until) : found.slice(from, from + limit)
  const hasMore = before ? until > limit : from + limit < found.length
  return { object: 'list', url: `/${call.path.join('/')}`, has_more: hasMore, data }
}

const COMPARISONS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  created: (value, bound) => value === bound,
  'created[gt]': (value, bound) => value > bound,
  'created[gte]': (value, bound) => value >= bound,
  'created[lt]': (value, bound) => value < bound,
  'created[lte]': (value, bound) => value <= bound,
}

function matches(object: object, query: URLSearchParams): boolean {
  const fields = object as Readonly<Record<string, unknown>>
  const types: string[] = []
  for (const [name, value] of query) {
    if (name.startsWith('types[')) types.push(value)
    const compare = COMPARISONS[name]
    if (compare && !compare(Number(fields.created), Number(value))) return false
    if (['payment_intent', 'charge', 'type'].includes(name) && fields[name] !== value) return false
  }
  return types.length === 0 || types.includes(String(fields.type))
}

/**
 * Puts objects in the place of their ids, where the request wants them so: `latest_charge`, `data.charge` and the like.
 * https://docs.stripe.com/api/expanding_objects
 */
export function expandAll<T extends object>(
  body: T,
  paths: readonly string[],
  find: (id: string) => object | undefined,
): T {
  for (const path of paths) expandOne(body, path.split('.'), find)
  return body
}

function expandOne(within: unknown, path: readonly string[], find: (id: string) => object | undefined): void {
  if (Array.isArray(within)) {
    for (const one of within) expandOne(one, path, find)
    return
  }
  const [field, ...rest] = path
  if (typeof within !== 'object' || within === null || !field) return
  const fields = within as Record<string, unknown>
  const value = fields[field]
  const found = typeof value === 'string' ? find(value) : undefined
  if (found) fields[field] = structuredClone(found)
  expandOne(fields[field], rest, find)
}
