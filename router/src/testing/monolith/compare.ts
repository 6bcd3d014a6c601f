import { readIncremental } from '../incremental.ts'
import { type DocumentNode, type ExecutionResult, print, visit } from 'graphql'
import { createOpenWorld } from '../open-world.ts'
import { createMonolithWorld, type Mood } from './world.ts'

/** One supergraph, one operation, one state of the data: all that a difference depends on. */
export interface Case {
  schemas: Record<string, string>
  document: DocumentNode
  variables: Record<string, unknown>
  mood: Mood
}

type Path = readonly (string | number)[]
type Body = Pick<ExecutionResult, 'data'> & {
  errors?: readonly { message: string; path?: Path | undefined; extensions?: { most?: number } }[]
}

/** In place of a difference: the router does not run operations of this size, whoever asks. */
export const TOO_LARGE = Symbol('an operation that is too large')

/** A router before the subgraphs of one supergraph, beside one server with the whole schema. */
export async function createPair(schemas: Record<string, string>) {
  await using stack = new AsyncDisposableStack()
  const { monolith, specs, answer, ...world } = createMonolithWorld(schemas)
  const { url } = stack.use(await createOpenWorld(specs))
  const running = stack.move()
  return {
    monolith,
    /** What is wrong with the router's answer; null when nothing is. */
    async difference({
      document,
      variables,
      mood,
    }: Omit<Case, 'schemas'>): Promise<string | typeof TOO_LARGE | null> {
      Object.assign(world.mood, mood)
      const { isHurt, ...result } = await answer(withoutDefer(document), variables)
      const expected = JSON.parse(JSON.stringify(result)) as Body
      const actual = await ask(url, print(document), variables)
      if (actual.errors?.some(({ extensions }) => extensions?.most !== undefined)) return TOO_LARGE
      if (isHurt && !actual.errors?.length)
        return `nothing is said of what has failed that another field requires: ${text(actual.data)}`
      return differs(expected, withoutUnasked(actual, world.required), isDeferring(document))
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function ask(url: string, query: string, variables: Record<string, unknown>): Promise<Body> {
  let whole: Body = {}
  for await (const part of readIncremental(url, query, variables)) {
    if (!part.incremental) whole = { ...whole, ...part }
    for (const { data, path, errors } of part.incremental ?? []) {
      const target = at(whole.data, path)
      if (data && Object(target) === target) merge(target as Record<string, unknown>, data)
      if (errors) whole.errors = [...(whole.errors ?? []), ...errors]
    }
  }
  return whole
}

/** Merges what was deferred: the same key may come in several payloads. */
function merge(target: Record<string, unknown>, source: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(source)) {
    const known = target[key]
    if (Array.isArray(known) && Array.isArray(value))
      for (const [index, item] of value.entries())
        if (Object(known[index]) === known[index] && Object(item) === item) merge(known[index], item)
        else known[index] = item
    else if (Object(known) === known && Object(value) === value)
      merge(known as Record<string, unknown>, value as Record<string, unknown>)
    else target[key] = value
  }
}

/** @param isDeferred what fails within a part takes only that part along: with errors, there is more data than without `@defer`. */
function differs(expected: Body, actual: Body, isDeferred: boolean): string | null {
  const hasErrors = (expected.errors?.length ?? 0) > 0
  if (isDeferred && hasErrors)
    return actual.errors?.length && contains(actual.data, expected.data)
      ? null
      : `data: ${text(actual.data)}\ndoes not have: ${text(expected.data)}\nerrors: ${text(actual.errors)}\ninstead of: ${text(expected.errors)}`
  if (text(sorted(expected.data ?? null)) !== text(sorted(actual.data ?? null)))
    return `data: ${text(actual.data)}\ninstead of: ${text(expected.data)}\nerrors: ${text(actual.errors)}\ninstead of: ${text(expected.errors)}`
  const places = (actual.errors ?? []).flatMap(({ path }) => (path ? text(path) : []))
  if (new Set(places).size < places.length) return `two errors at one place: ${text(actual.errors)}`
  const [wanted, found] = [expected, actual].map(
    ({ data, errors = [] }) => new Set(errors.map(({ path }) => text(nullAt(data, path)))),
  )
  const lost = [...(wanted ?? [])].filter((place) => !found?.has(place))
  const extra = [...(found ?? [])].filter((place) => !wanted?.has(place))
  if (lost.length === 0 && extra.length === 0) return null
  return `errors: ${text(actual.errors)}\ninstead of: ${text(expected.errors)}\nfor: ${text(actual.data)}`
}

/** Whether all data is there that is expected, which may be null where a part alone does not take as much along. */
function contains(actual: unknown, expected: unknown): boolean {
  if (expected === null || expected === undefined) return true
  if (typeof expected !== 'object') return actual === expected
  return (
    Object(actual) === actual &&
    Object.entries(expected).every(([key, value]) =>
      contains((actual as Record<string, unknown>)[key], value),
    )
  )
}

/** The null that an error is about: at its path or above; the path itself where no client can follow it. */
function nullAt(data: unknown, path: Path = []): unknown {
  let value = data
  if (value === null || value === undefined) return []
  for (const [index, step] of path.entries()) {
    value = (value as Record<string | number, unknown>)[step]
    if (value === null) return path.slice(0, index + 1)
    if (typeof value !== 'object') break
  }
  return { nothing: path }
}

const at = (data: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, step) => (value as Record<string | number, unknown> | null)?.[step], data)

/** Without the errors of what only other fields require, of which one server does not tell: these have no path. */
const withoutUnasked = ({ errors = [], ...body }: Body, required: ReadonlySet<string>): Body => ({
  ...body,
  errors: errors.filter(
    ({ path, message }) => path || !required.has(/^failed \w+ \d+ (\w+)/.exec(message)?.[1] ?? ''),
  ),
})

/** Keys in order: only a deferred part may have others. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  )
}

const text = (value: unknown): string => JSON.stringify(value) ?? 'undefined'

const isDefer = ({ name }: { name: { value: string } }): boolean => name.value === 'defer'

const isDeferring = (document: DocumentNode): boolean => {
  let found = false
  visit(document, { Directive: (directive) => void (found ||= isDefer(directive)) })
  return found
}

const withoutDefer = (document: DocumentNode): DocumentNode =>
  visit(document, { Directive: (directive) => (isDefer(directive) ? null : undefined) })
