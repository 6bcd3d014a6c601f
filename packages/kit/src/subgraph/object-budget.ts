import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isIntrospectionType,
  isNonNullType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql'
import { BadUserInput, KarcisError } from '../errors.ts'
import { NobodyWaits, whoWaits } from '../waiting.ts'
import type { Admission } from './large-answers.ts'

/** The objects of one answer. A hall of 60,000 seats is one; 200,000 objects of a few fields are some 20 MB. */
export const MAX_OBJECTS = 200_000

/** What one `_entities` is asked for at once. */
const MAX_REPRESENTATIONS = 10_000

/** An object of more fields counts as several, so that aliases of one field are not for free. */
const FIELDS_OF_ONE = 16

/** A large answer leaves the event loop to others after so many. */
const OBJECTS_OF_A_TURN = 5_000

/** How many objects the answer to one operation may still have, and whether it is its turn to have many. */
export class ObjectBudget {
  readonly admission: Admission
  readonly #max: number
  #left: number
  #inThisTurn = 0
  /** In which those objects are completed that came last. */
  #turn: Promise<void> | undefined
  #fail: ((error: AnswerTooLarge) => void) | undefined

  constructor(max: number, admission: Admission) {
    this.admission = admission
    this.#max = max
    this.#left = max
  }

  get isSpent(): boolean {
    return this.#left < 0
  }

  /** Calls once it is spent. */
  onceSpent(fail: (error: AnswerTooLarge) => void): void {
    this.#fail = fail
  }

  /** @returns a promise when it is to be waited for. */
  spend(objects: number): Promise<void> | undefined {
    this.#left -= objects
    if (this.#left < 0) {
      this.#fail?.(new AnswerTooLarge(this.#max))
      this.#fail = undefined
      return abandoned()
    }
    const { admission } = this
    const turn = admission.grow(this.#max - this.#left)
    if (turn || !admission.isLarge) return turn
    this.#inThisTurn += objects
    if (this.#inThisTurn >= OBJECTS_OF_A_TURN) {
      this.#inThisTurn = 0
      this.#turn = turnAfter(this.#turn)
    }
    return this.#turn
  }
}

/** A turn of the event loop of its own, so that whatever else came is served before. */
async function turnAfter(before: Promise<void> | undefined): Promise<void> {
  await before
  await nextTurn()
}

/** The operation is well formed, and what it asks for is more than is given at once. */
export class AnswerTooLarge extends KarcisError {
  constructor(mostObjects: number) {
    super('BAD_USER_INPUT', 'The answer is too large. Ask for less, or page by page.', { mostObjects })
  }
}

const storage = new AsyncLocalStorage<ObjectBudget>()

/**
 * Executes an operation within a budget. When that is spent, the execution is left as it is: it waits for what never comes, and is
 * forgotten.
 * @throws AnswerTooLarge then.
 */
export const withinBudget = <T>(budget: ObjectBudget, execute: () => T | PromiseLike<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    budget.onceSpent(reject)
    storage.run(budget, async () => execute()).then(resolve, reject)
  })

/** Each one of its own, for it keeps whatever waits for it. To fail would cost an error for each of a hundred thousand objects. */
const abandoned = (): Promise<never> => new Promise(() => undefined)

/**
 * Has every field of a schema that gives objects, or works for what it gives, count them against the budget of its operation.
 * Once that is spent, or nobody waits for the answer any more, none of them begins anything: what the operation would have
 * become is not answered.
 */
export function countObjects(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || isIntrospectionType(type)) continue
    for (const field of Object.values(type.getFields())) {
      const givesObjects = isCompositeType(getNamedType(field.type))
      if (!givesObjects && !field.resolve) continue
      const resolve = field.resolve ?? defaultFieldResolver
      const isNonNull = isNonNullType(field.type)
      const count = counted(resolve, givesObjects, isNonNull)
      field.resolve = isLong(field) ? inTurn(count, type, field.name) : count
    }
  }
}

/** What the SDL says can be as long as this, by `@listSize(assumedSize:)`, can be much longer. */
const LONG = 1_000

function isLong({ astNode }: GraphQLField<unknown, unknown>): boolean {
  const listSize = astNode?.directives?.find(({ name }) => name.value === 'listSize')
  const assumed = listSize?.arguments?.find(({ name }) => name.value === 'assumedSize')?.value
  return assumed?.kind === Kind.INT && Number(assumed.value) >= LONG
}

/** Reads a list that may be long when it is its turn. What it is a list of is known by the first field of its type that is an ID. */
function inTurn(resolve: Resolver, type: GraphQLObjectType, name: string): Resolver {
  const idField = Object.values(type.getFields()).find((field) => getNamedType(field.type).name === 'ID')
  const keyOf = (source: unknown): string =>
    `${name} ${String(idField && (source as Record<string, unknown> | undefined)?.[idField.name])}`

  return (source, args, context, info) => {
    const budget = storage.getStore()
    if (!budget) return resolve(source, args, context, info)
    const { admission } = budget
    const key = keyOf(source)
    const read = async (): Promise<unknown> => {
      let length: number | undefined
      try {
        const value = await resolve(source, args, context, info)
        length = countOf(value)
        return value
      } finally {
        admission.read(key, length)
      }
    }
    const turn = admission.beforeReading(key)
    return turn ? turn.then(read) : read()
  }
}

type Resolver = GraphQLFieldResolver<unknown, unknown>

function counted(resolve: Resolver, givesObjects: boolean, isNonNull: boolean): Resolver {
  return (source, args, context, info) => {
    const budget = storage.getStore()
    if (budget?.isSpent) return abandoned()
    if (whoWaits()?.isOver) {
      if (isNonNull) throw new NobodyWaits()
      return null // no error for each of them: the answer is not used
    }
    if (info.fieldName === '_entities') checkRepresentations(args)
    const result = resolve(source, args, context, info)
    if (!givesObjects || !budget) return result
    const spend = (value: unknown): unknown => {
      const turn = budget.spend(countOf(value) * weightOf(info))
      // Made only when it is used: its promises may fail, and each is somebody's.
      const give = (): unknown => (Array.isArray(value) && value.length > GROUP ? inGroups(value) : value)
      return turn ? turn.then(give) : give()
    }
    return isPromise(result) ? result.then(spend) : spend(result)
  }
}

/** So many items of a list are completed in one turn of the event loop: some 20 ms. */
const GROUP = 2_000

/** The items of a long list, each group of them in a turn of its own, so that whatever else came is served in between. */
function inGroups(items: readonly unknown[]): unknown[] {
  const waiting = whoWaits()
  const nextGroup = (before: Promise<void> | undefined) => turnAfter(before).then(() => waiting?.check())
  let group: Promise<void> | undefined
  return items.map((item, at) => {
    if (at < GROUP) return item
    if (at % GROUP === 0) group = nextGroup(group)
    return group?.then(() => item)
  })
}

function checkRepresentations({ representations }: { representations?: unknown }): void {
  if (!Array.isArray(representations) || representations.length <= MAX_REPRESENTATIONS) return
  const message = `must have at most ${MAX_REPRESENTATIONS} entries`
  throw new BadUserInput([{ path: 'representations', message }])
}

function countOf(value: unknown): number {
  if (value == null) return 0
  if (!Array.isArray(value)) return 1
  let count = value.length
  if (Array.isArray(value[0])) for (const inner of value) count += countOf(inner)
  return count
}

/** By selection: documents are kept, and with them what their parts weigh. */
const weights = new WeakMap<SelectionSetNode, number>()

function weightOf(info: GraphQLResolveInfo): number {
  let weight = 0
  for (const { selectionSet } of info.fieldNodes) {
    if (!selectionSet) continue
    let known = weights.get(selectionSet)
    if (known === undefined) {
      known = Math.max(1, Math.ceil(fieldsOf(selectionSet, info) / FIELDS_OF_ONE))
      weights.set(selectionSet, known)
    }
    weight += known
  }
  return weight
}

/** The fields of a selection itself; what is below them counts where it is resolved. */
function fieldsOf(
  selectionSet: SelectionSetNode,
  info: GraphQLResolveInfo,
  seen = new Set<string>(),
): number {
  let fields = 0
  for (const selection of selectionSet.selections) {
    if (selection.kind === Kind.FIELD) fields += 1
    else if (selection.kind === Kind.INLINE_FRAGMENT) fields += fieldsOf(selection.selectionSet, info, seen)
    else if (!seen.has(selection.name.value)) {
      seen.add(selection.name.value)
      const fragment = info.fragments[selection.name.value]
      if (fragment) fields += fieldsOf(fragment.selectionSet, info, seen)
    }
  }
  return fields
}

const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof (value as { then?: unknown } | null)?.then === 'function'
