import { buildSubgraphSchema } from '@apollo/subgraph'
import {
  type DocumentNode,
  execute,
  GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
} from 'graphql'
import type { FetchSubgraph } from '../../execution/compiled/run.ts'
import { corrupt } from './corrupt.ts'
import { hash } from './random.ts'
import { SUBGRAPHS } from './subgraphs.ts'

/** How the subgraphs behave: decided by the seed and by what is asked, never by when, or what else is asked. */
export interface Mood {
  seed: number
  /** Share of fields that are null, also where the schema forbids it. */
  nulls: number
  /** Share of fields that fail. */
  errors: number
  /** Share of requests that fail as a whole. */
  outages: number
  /** Share of values that are not what the schema promises. */
  lies: number
  /** Of a list; otherwise up to three, none among them. */
  items?: number
  /** Of each kind; otherwise five, to have them in several places. */
  entities?: number
  /** Otherwise such as are hard to write and to read. */
  strings?: readonly string[]
}

interface Thing {
  __typename: string
  n: number
  reference?: Record<string, unknown>
}

const ENTITIES = new Set(['Product', 'Book', 'Film', 'Draft', 'Media', 'Review', 'User', 'Carrier', 'Brand'])
const MEDIA = ['Book', 'Film', 'Draft', 'Book', 'Film']
const COMPUTED = new Set(['cost', 'volume', 'volumes'])
const KEYS: Record<string, (n: number) => unknown> = {
  id: (n) => `${n}`,
  upc: (n) => `u${n}`,
  sku: (n) => `s${n}`,
  email: (n) => `e${n}@x.y`,
  code: (n) => `c${n}`,
}
const STRINGS = [
  'plain',
  'quo"te',
  'back\\slash',
  'new\nline',
  'ünï ☃ 🎫',
  '\ud800 alone',
  '',
  'x'.repeat(60),
  `${'y'.repeat(60)}"`,
]
const JSONS = [
  1,
  'text',
  true,
  0.5,
  [1, [2, null]],
  { a: { b: 1 } },
  { constructor: 1, list: [{ c: null }] },
  JSON.parse('{"__proto__":{"x":1}}'),
]

const schemas = new Map<string, GraphQLSchema>()
const documents = new Map<string, DocumentNode>()

/** Whether a request names an entity twice: only the subgraph knows in what order the errors of the two come. */
export const namesTwice = ({ representations }: Record<string, unknown>): boolean =>
  Array.isArray(representations) &&
  new Set(representations.map((one) => JSON.stringify(one))).size < representations.length

/** Subgraphs in this process. Responses come one per turn of the event loop, in an order decided by what was asked. */
export function createResponses(
  mood: Mood,
  subgraphs: Record<string, string> = SUBGRAPHS,
): FetchSubgraph<unknown> {
  const waiting: { rank: number; answer: () => void }[] = []
  const roll = (key: string): number => hash(`${mood.seed} ${key}`) / 2 ** 32

  return async (service, { query, variables }) => {
    const body = await answer(
      service,
      query,
      JSON.parse(JSON.stringify(variables)) as Record<string, unknown>,
    )
    await new Promise<void>((resolve) => {
      waiting.push({ rank: hash(query), answer: resolve })
      setImmediate(() => {
        waiting.sort((a, b) => a.rank - b.rank)
        waiting.shift()?.answer()
      })
    })
    if (body instanceof Error) throw body
    return body
  }

  async function answer(
    service: string,
    query: string,
    variables: Record<string, unknown>,
  ): Promise<unknown> {
    const outage = roll(`outage ${query}`)
    if (outage < mood.outages) {
      const kind = Math.floor((outage / mood.outages) * 7)
      if (kind === 0) return new Error('connection lost')
      return [
        null,
        { errors: [{ message: 'down' }] },
        { data: null },
        {},
        { data: { _entities: [] } },
        { data: { _entities: 1 } },
      ][kind - 1]
    }
    const document = documents.get(query) ?? parse(query, { noLocation: true })
    documents.set(query, document)
    const result = await execute({
      schema: schemaOf(service, subgraphs),
      document,
      variableValues: variables,
      fieldResolver: resolve,
    })
    const body = JSON.parse(JSON.stringify(result)) as Record<string, unknown>
    return mood.lies > 0 ? corrupt(body, query, variables, mood.lies, roll) : body
  }

  function resolve(
    ...[source, args, , info]: Parameters<GraphQLFieldResolver<Partial<Thing> | undefined, unknown>>
  ): unknown {
    const { __typename = info.parentType.name, n = 0, reference } = source ?? {}
    const key = KEYS[info.fieldName]
    if (key && ENTITIES.has(__typename)) return key(n)
    if (reference && info.fieldName in reference && info.fieldName !== 'brand')
      return reference[info.fieldName]
    if (info.fieldName === 'brand' || (info.parentType.name === 'Brand' && info.fieldName === 'id')) {
      return info.fieldName === 'brand' ? { __typename: 'Brand', n } : `${n}`
    }
    const computed = COMPUTED.has(info.fieldName) ? JSON.stringify(reference) : ''
    return value(
      info.returnType,
      `${__typename} ${n} ${info.fieldName} ${JSON.stringify(args)} ${computed}`,
      info.schema,
      false,
    )
  }

  function value(type: GraphQLOutputType, key: string, schema: GraphQLSchema, nonNull: boolean): unknown {
    if (isNonNullType(type)) return value(type.ofType, key, schema, true)
    const luck = roll(`luck ${key}`)
    if (luck < mood.errors)
      throw new GraphQLError(`failed: ${key.slice(0, 12)}`, {
        extensions: errorExtensions(luck / mood.errors),
      })
    if (luck > 1 - mood.nulls * (nonNull ? 0.3 : 1)) return null
    const number = hash(`${mood.seed} value ${key}`)
    if (isListType(type))
      return Array.from({ length: mood.items ?? number % 4 }, (_, i) =>
        item(() => value(type.ofType, `${key} ${i}`, schema, false)),
      )
    if (isEnumType(type)) return type.getValues()[number % type.getValues().length]?.value
    if (isAbstractType(type)) {
      const possible = [...schema.getPossibleTypes(type)].sort((a, b) => (a.name < b.name ? -1 : 1))
      return thing((possible[number % possible.length] as GraphQLObjectType).name, number, mood.entities)
    }
    if (isObjectType(type)) return thing(type.name, number, mood.entities)
    if (type.name === 'Int') return (number % 2_000) - 500
    if (type.name === 'Float') return number % 3 === 0 ? number % 100 : ((number % 100_000) - 50_000) / 7
    if (type.name === 'Boolean') return number % 2 === 0
    if (type.name === 'JSON') return JSONS[number % JSONS.length]
    const strings = mood.strings ?? STRINGS
    return strings[number % strings.length]
  }
}

/** A failing item fails alone. */
function item(make: () => unknown): unknown {
  try {
    return make()
  } catch (error) {
    return error
  }
}

function thing(type: string, number: number, entities = 5): Thing {
  if (!ENTITIES.has(type)) return { __typename: type, n: number }
  const n = number % entities
  return { __typename: MEDIA.includes(type) ? (MEDIA[n % MEDIA.length] as string) : type, n }
}

const errorExtensions = (luck: number): Record<string, unknown> =>
  luck < 0.3
    ? {}
    : luck < 0.6
      ? { code: 'SEATS_GONE', seats: [1] }
      : luck < 0.8
        ? { code: 'INVALID_GRAPHQL' }
        : { detail: { a: 1 } }

function schemaOf(service: string, subgraphs: Record<string, string>): GraphQLSchema {
  const sdl = subgraphs[service] as string
  const known = schemas.get(sdl)
  if (known) return known
  const document = parse(sdl)
  const types = Object.values(buildSubgraphSchema([{ typeDefs: document }]).getTypeMap())
  const resolvers: Record<string, Record<string, unknown>> = {}
  for (const type of types) {
    if (type.name.startsWith('_')) continue
    const refer = (reference: Record<string, unknown>): Thing => {
      const n = Number(
        /\d+/.exec(
          JSON.stringify(reference.id ?? reference.upc ?? reference.sku ?? reference.email ?? reference.code),
        )?.[0],
      )
      return {
        __typename:
          type.name === 'Media' && isInterfaceType(type) ? (MEDIA[n % MEDIA.length] as string) : type.name,
        n,
        reference,
      }
    }
    if (isInterfaceType(type))
      resolvers[type.name] = {
        __resolveType: ({ __typename }: Thing) => __typename,
        __resolveReference: refer,
      }
    else if (isAbstractType(type))
      resolvers[type.name] = { __resolveType: ({ __typename }: Thing) => __typename }
    else if (isObjectType(type) && ENTITIES.has(type.name))
      resolvers[type.name] = { __resolveReference: refer }
  }
  const made = buildSubgraphSchema([{ typeDefs: document, resolvers: resolvers as never }])
  schemas.set(sdl, made)
  return made
}
