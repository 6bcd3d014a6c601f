import { Supergraph as FederationSupergraph } from '@apollo/federation-internals'
import {
  type DocumentNode,
  execute,
  type ExecutionResult,
  type GraphQLFieldResolver,
  GraphQLError,
  GraphQLInt,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  parse,
  valueFromASTUntyped,
  visit,
} from 'graphql'
import { compose } from '../compose.ts'
import { hash } from '../differential/random.ts'
import type { OpenSubgraphSpec } from '../open-subgraph.ts'

/** What is in the data, decided by the seed and by what is asked, never by who asks. */
export interface Mood {
  seed: number
  /** Share of nullable values that are null. */
  nulls: number
  /** Share of fields that fail. */
  errors: number
}

/** An object of the data: everything about it follows from its number. */
interface Thing {
  __typename: string
  n: number
  reference?: Record<string, unknown>
}

type Resolver = GraphQLFieldResolver<Partial<Thing> | undefined, unknown>

/** One world of data, told by several subgraphs, and by one schema. */
export interface MonolithWorld {
  /** What one server with the whole schema answers. */
  monolith: GraphQLSchema
  mood: Mood
  specs: Record<string, OpenSubgraphSpec>
  /** Names of fields that others require, and of those in them. */
  required: ReadonlySet<string>
  /** `isHurt` where what a field requires has failed in part, of which the one server says nothing if nobody asks for it. */
  answer(
    document: DocumentNode,
    variables: Record<string, unknown>,
  ): Promise<ExecutionResult & { isHurt: boolean }>
}

type Keys = Record<string, (n: number) => unknown>

const ENTITY_KEYS: Keys = {
  id: (n) => `${n}`,
  sku: (n) => `s${n}`,
  org: (n) => ({ __typename: 'Org', n }),
}
const PARTS_OF_KEYS: Record<string, Keys> = {
  Org: { code: (n) => `c${n}`, zone: (n) => ({ __typename: 'Zone', n }) },
  Zone: { z: (n) => n },
  V: {},
  Query: {},
  Mutation: {},
}
const INSTANCES = 3
/** Values of a scalar of which nothing is known. */
const SCALARS: unknown[] = ['text', 7, 0.5, true, [1, [2, null]], { a: { b: 1 }, constructor: 'c' }, {}]

/** @throws when the schemas do not compose. */
export function createMonolithWorld(schemas: Record<string, string>): MonolithWorld {
  const monolith = FederationSupergraph.build(compose(schemas)).apiSchema().toGraphQLJSSchema()
  const documents = Object.entries(schemas).map(([name, sdl]) => ({ name, document: parse(sdl) }))
  const known = knownTypes(documents.map(({ document }) => document))
  const { requires, required, overridden } = readDirectives(documents)
  const family = monolith.getType('I')
  const members = isAbstractType(family)
    ? monolith
        .getPossibleTypes(family)
        .map(({ name }) => name)
        .sort()
    : []

  let isHurt = false

  const world: MonolithWorld = {
    monolith,
    mood: { seed: 1, nulls: 0, errors: 0 },
    specs: {},
    required: new Set(
      [...required].map((path) => path.split('.')[1] ?? '').concat(required.size > 0 ? 'x' : []),
    ),
    async answer(document, variableValues) {
      isHurt = false
      const result = await execute({
        schema: monolith,
        document,
        variableValues,
        fieldResolver: resolverOf(null) as GraphQLFieldResolver<unknown, unknown>,
        typeResolver: (value) => (value as Thing).__typename,
      })
      return { ...result, isHurt }
    },
  }
  for (const { name, document } of documents)
    world.specs[name] = { sdl: schemas[name] as string, resolvers: resolversOf(name, document) }
  return world

  function resolversOf(subgraph: string, { definitions }: DocumentNode): OpenSubgraphSpec['resolvers'] {
    const resolve = resolverOf(subgraph)
    const resolvers: OpenSubgraphSpec['resolvers'] = {}
    for (const definition of definitions) {
      if (definition.kind === Kind.OBJECT_TYPE_DEFINITION) {
        const { name, fields = [], directives = [] } = definition
        const isEntity = directives.some((directive) => directive.name.value === 'key')
        resolvers[name.value] = {
          ...Object.fromEntries(fields.map((field) => [field.name.value, resolve])),
          ...(isEntity && {
            __resolveReference: (reference: Record<string, unknown>) => referred(name.value, reference),
          }),
        }
      } else if (definition.kind === Kind.INTERFACE_TYPE_DEFINITION)
        resolvers[definition.name.value] = {
          __resolveType: ({ __typename }: Thing) => __typename,
          __resolveReference: (reference: Record<string, unknown>) => {
            const { n } = referred('I', reference)
            return { __typename: members[n % members.length], n, reference }
          },
        }
      else if (definition.kind === Kind.UNION_TYPE_DEFINITION)
        resolvers[definition.name.value] = { __resolveType: ({ __typename }: Thing) => __typename }
    }
    return resolvers
  }

  function resolverOf(subgraph: string | null): Resolver {
    return (source, args, _context, info) => {
      const { __typename = info.parentType.name, n = 0, reference } = source ?? {}
      const { fieldName } = info
      const key = (PARTS_OF_KEYS[__typename] ?? ENTITY_KEYS)[fieldName]
      if (key) return key(n)
      const owner = members.includes(__typename) ? 'I' : __typename
      const path = `${__typename}.${fieldName}`
      const needs = requires.get(path)
      if (subgraph !== null && required.has(path) && reference && fieldName in reference)
        return reference[fieldName]
      const input = needs
        ? subgraph === null
          ? evaluate(__typename, n, needs)
          : picked(reference ?? {}, needs)
        : ''
      const isStale = overridden.has(`${subgraph} ${path}`) ? 'stale' : ''
      const type = monolith.getType(__typename)
      const field =
        (isObjectType(type) || isAbstractType(type)) && 'getFields' in type
          ? type.getFields()[fieldName]
          : undefined
      if (!field) throw new Error(`nobody knows ${path}`)
      return value(
        field.type,
        `${owner} ${n} ${fieldName} ${JSON.stringify(args)} ${JSON.stringify(input)}${isStale}`,
        required.has(path) && isNonNullType(field.type),
      )
    }
  }

  function value(type: GraphQLOutputType, key: string, isSure: boolean, isNonNull = false): unknown {
    const { seed, nulls, errors } = world.mood
    if (isNonNullType(type)) return value(type.ofType, key, isSure, true)
    const luck = hash(`${seed} luck ${key}`) / 2 ** 32
    if (!isSure && luck < errors)
      throw new GraphQLError(`failed ${key}`, { extensions: { code: 'SOLD_OUT' } })
    if (!isNonNull && luck > 1 - nulls) return null
    const number = hash(`${seed} value ${key}`)
    if (isListType(type))
      return Array.from({ length: number % 4 }, (_, index) =>
        orError(() => value(type.ofType, `${key} ${index}`, isSure)),
      )
    if (isEnumType(type)) return type.getValues()[number % type.getValues().length]?.value
    if (isAbstractType(type)) {
      const possible = known.get(type.name) ?? []
      return possible.length > 0 ? thing(possible[number % possible.length] as string, number >>> 4) : null
    }
    if (isObjectType(type)) return thing(type.name, number)
    if (type.name === 'Int') return (number % 2_000) - 500
    if (type.name === 'Float') return (number % 1_000) / 8
    if (type.name === 'Boolean') return number % 2 === 0
    if (type.name === 'S') return SCALARS[number % SCALARS.length]
    return `t${number % 1_000}`
  }

  /** Members of the interface have numbers of their own each, so that the interface's key tells the type. */
  function thing(__typename: string, number: number): Thing {
    const index = members.indexOf(__typename)
    const instance = number % INSTANCES
    return { __typename, n: index < 0 ? instance : index + members.length * instance }
  }

  function referred(type: string, reference: Record<string, unknown>): Thing {
    const { id, sku, org } = reference as { id?: string; sku?: string; org?: { code: string } }
    const n = Number(/\d+/.exec(id ?? sku ?? org?.code ?? '')?.[0])
    return { __typename: type, n, reference }
  }

  /** What the whole schema gives for the field set that another field requires. */
  function evaluate(type: string, n: number, fieldSet: string): unknown {
    const parent = monolith.getType(type)
    if (!isObjectType(parent)) throw new Error(`nothing is required by "${fieldSet}"`)
    const owner = members.includes(type) ? 'I' : type
    return Object.fromEntries(
      fieldsOf(fieldSet).map(({ name, arguments: given = [], selectionSet }) => {
        const definition = parent.getFields()[name.value]
        if (!definition) throw new Error(`nobody knows ${type}.${name.value}`)
        const args = Object.fromEntries([
          ...definition.args.map((arg) => [arg.name, arg.defaultValue]),
          ...given.map((arg) => [arg.name.value, valueFromASTUntyped(arg.value)]),
        ])
        const key = `${owner} ${n} ${name.value} ${JSON.stringify(args)} ""`
        const whole = orError(() => value(definition.type, key, isNonNullType(definition.type)))
        const found = completed(definition.type, narrowed(whole, selectionSet !== undefined))
        return [name.value, found === NOTHING ? null : found]
      }),
    )
  }

  /** As a response has it: null for what fails, and with it all that may not be without. */
  function completed(type: GraphQLOutputType, found: unknown): unknown {
    if (isNonNullType(type)) return completed(type.ofType, found) ?? NOTHING
    if (found instanceof Error) {
      isHurt = true
      return null
    }
    if (!isListType(type) || !Array.isArray(found)) return found
    const items = found.map((item) => completed(type.ofType, item))
    return items.includes(NOTHING) ? null : items
  }

  function narrowed(whole: unknown, isObject: boolean): unknown {
    if (Array.isArray(whole)) return whole.map((item) => narrowed(item, isObject))
    if (!isObject || whole === null || whole instanceof Error) return whole
    const x = orError(() => value(GraphQLInt, `V ${(whole as Thing).n} x {} ""`, false))
    return { x: completed(GraphQLInt, x) }
  }
}

/** In place of a value that may not be null. */
const NOTHING = Symbol('nothing')

function orError(make: () => unknown): unknown {
  try {
    return make()
  } catch (error) {
    return error
  }
}

/** What a field requires, as it was sent. */
function picked(reference: Record<string, unknown>, fieldSet: string): unknown {
  return Object.fromEntries(fieldsOf(fieldSet).map(({ name }) => [name.value, reference[name.value]]))
}

function fieldsOf(fieldSet: string) {
  const [operation] = parse(`{ ${fieldSet} }`).definitions
  const selections = operation?.kind === Kind.OPERATION_DEFINITION ? operation.selectionSet.selections : []
  return selections.filter((selection) => selection.kind === Kind.FIELD)
}

/** Objects that may stand where an abstract type is: those that every subgraph knows there. */
function knownTypes(documents: DocumentNode[]): Map<string, string[]> {
  const known = new Map<string, string[]>()
  const narrow = (name: string, members: string[]) =>
    known.set(
      name,
      (known.get(name) ?? members).filter((member) => members.includes(member)),
    )
  for (const { definitions } of documents) {
    for (const definition of definitions) {
      if (definition.kind === Kind.UNION_TYPE_DEFINITION)
        narrow(
          definition.name.value,
          (definition.types ?? []).map(({ name }) => name.value),
        )
      if (definition.kind === Kind.INTERFACE_TYPE_DEFINITION) {
        const implementations = definitions.flatMap((type) =>
          type.kind === Kind.OBJECT_TYPE_DEFINITION &&
          type.interfaces?.some(({ name }) => name.value === definition.name.value)
            ? [type.name.value]
            : [],
        )
        narrow(definition.name.value, implementations)
      }
    }
  }
  for (const members of known.values()) members.sort((a, b) => (a < b ? -1 : 1))
  return known
}

function readDirectives(documents: { name: string; document: DocumentNode }[]) {
  const requires = new Map<string, string>()
  const required = new Set<string>()
  const overridden = new Set<string>()
  for (const { document } of documents) {
    visit(document, {
      ObjectTypeDefinition(type) {
        for (const field of type.fields ?? []) {
          const path = `${type.name.value}.${field.name.value}`
          for (const { name, arguments: [argument] = [] } of field.directives ?? []) {
            const text = argument?.value.kind === Kind.STRING ? argument.value.value : ''
            if (name.value === 'requires') {
              requires.set(path, text)
              for (const one of fieldsOf(text)) required.add(`${type.name.value}.${one.name.value}`)
            }
            if (name.value === 'override') overridden.add(`${text} ${path}`)
          }
        }
      },
    })
  }
  return { requires, required, overridden }
}
