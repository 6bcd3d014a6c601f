import { AsyncLocalStorage } from 'node:async_hooks'
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

/** How many objects the answer to one operation may still have, and whether it is its turn to have many. */
export class ObjectBudget {
  readonly admission: Admission
  readonly #max: number
  #left: number

  constructor(max: number, admission: Admission) {
    this.admission = admission
    this.#max = max
    this.#left = max
  }

  /** Why the operation is not answered; null while it may be. */
  get problem(): KarcisError | null {
    return this.#left < 0 ? new AnswerTooLarge(this.#max) : null
  }

  /** @returns a promise when it is to be waited for. */
  spend(objects: number): Promise<void> | undefined {
    this.#left -= objects
    return this.#left < 0 ? undefined : this.admission.grow(this.#max - this.#left)
  }
}

/** The operation is well formed, and what it asks for is more than is given at once. */
export class AnswerTooLarge extends KarcisError {
  constructor(mostObjects: number) {
    super('BAD_USER_INPUT', 'The answer is too large. Ask for less, or page by page.', { mostObjects })
  }
}

const storage = new AsyncLocalStorage<ObjectBudget>()

/** Executes an operation within a budget. */
export const withinBudget = <T>(budget: ObjectBudget, execute: () => T): T => storage.run(budget, execute)

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
    const over = budget?.problem ?? (whoWaits()?.isOver ? new NobodyWaits() : null)
    if (over) {
      if (isNonNull) throw over
      return null // no error for each of them: the answer is not used
    }
    if (info.fieldName === '_entities') checkRepresentations(args)
    const result = resolve(source, args, context, info)
    if (!givesObjects || !budget) return result
    const spend = (value: unknown): unknown => {
      const turn = budget.spend(countOf(value) * weightOf(info))
      if (budget.problem) throw budget.problem
      return turn ? turn.then(() => value) : value
    }
    return isPromise(result) ? result.then(spend) : spend(result)
  }
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
