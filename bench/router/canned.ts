import {
  buildASTSchema,
  type DocumentNode,
  execute,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionNode,
} from 'graphql'
import {
  eventOf,
  productOf,
  productsOf,
  reviewsOf,
  SUBGRAPHS,
  type SubgraphName,
  userOf,
} from './catalogue.ts'

/** A subgraph that works each answer out once, and from then on answers bytes. */
export interface Canned {
  answer(body: string): string
  /** The result for an event, for a subscription with this text. */
  event(query: string, number: number): string
}

interface Request {
  query: string
  variables?: Record<string, unknown>
}

interface Representation {
  __typename: string
  id: string
}

/** Fields that are all `_entities`: response key and variable of each. */
type EntityRoots = { key: string; variable: string }[]

const ENTITIES: Record<SubgraphName, string> = {
  products: 'Product',
  reviews: 'Product | User',
  accounts: 'User',
}

const RESOLVE: Record<SubgraphName, (type: string, id: number) => object> = {
  products: (_, id) => productOf(id),
  reviews: (type, id) => (type === 'Product' ? { id, reviews: reviewsOf(id) } : { id }),
  accounts: (_, id) => userOf(id),
}

/** Bodies that are asked for again and again are few; a contender that sends ever new ones is answered all the same. */
const MAX_KNOWN = 50_000

export function createCanned(name: SubgraphName): Canned {
  const schema = buildASTSchema(parse(`${withEntities(SUBGRAPHS[name])} ${unionOf(name)}`), {
    assumeValidSDL: true,
  })
  const documents = memo(parse)
  const roots = memo((query) => entityRoots(documents(query)))
  const entities = memo((query) =>
    memo((key) => {
      const [typename, id, response = ''] = key.split(' ')
      const variables = Object.fromEntries(
        (roots(query) ?? []).map(({ key: of, variable }) => [
          variable,
          of === response ? [{ __typename: typename, id }] : [],
        ]),
      )
      const { data } = run(query, variables)
      const [entity = null] = (data?.[response] ?? []) as unknown[]
      return JSON.stringify(entity)
    }),
  )
  const bodies = memo((body) => {
    const { query, variables = {} } = JSON.parse(body) as Request
    return JSON.stringify(run(query, variables))
  })
  const events = memo((query) =>
    memo((number) => JSON.stringify(run(query, {}, { priceChanged: eventOf(Number(number)) }))),
  )

  function run(query: string, variables: Record<string, unknown>, rootValue: object = rootOf(name)) {
    const result = execute({ schema, document: documents(query), rootValue, variableValues: variables })
    if (result instanceof Promise) throw new Error('a resolver of the bench was asynchronous')
    if (result.errors) console.error(`${name} was asked wrongly: ${result.errors.join()} ${query}`)
    return result
  }

  return {
    answer(body) {
      const { query, variables = {} } = JSON.parse(body) as Request
      const asked = roots(query)
      if (!asked) return bodies(body)
      // Entities come in any company, so each is known by itself.
      const known = entities(query)
      const fields = asked.map(({ key, variable }) => {
        const list = (variables[variable] ?? []) as Representation[]
        return `"${key}":[${list.map(({ __typename, id }) => known(`${__typename} ${id} ${key}`)).join()}]`
      })
      return `{"data":{${fields.join()}}}`
    },
    event: (query, number) => events(query)(String(number)),
  }
}

const ENTITIES_FIELD = '_entities(representations: [_Any!]!): [_Entity]!'

const withEntities = (sdl: string): string =>
  sdl.includes('type Query {')
    ? sdl.replace('type Query {', `type Query { ${ENTITIES_FIELD} `)
    : `${sdl} type Query { ${ENTITIES_FIELD} }`

const unionOf = (name: SubgraphName): string => `scalar _Any union _Entity = ${ENTITIES[name]}`

const rootOf = (name: SubgraphName) => ({
  topProducts: ({ page }: { page: number }) => productsOf(page),
  _entities: ({ representations }: { representations: Representation[] }) =>
    representations.map(({ __typename, id }) => ({ __typename, ...RESOLVE[name](__typename, Number(id)) })),
})

/** Null for an operation that has any other field, or variables that are not lists of representations. */
function entityRoots({ definitions }: DocumentNode): EntityRoots | null {
  const operation = definitions.find(
    (definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION,
  )
  const selections = operation?.selectionSet.selections ?? []
  const roots = selections.flatMap((selection) => entityRoot(selection) ?? [])
  const isAll = roots.length === selections.length && roots.length === operation?.variableDefinitions?.length
  return isAll ? roots : null
}

function entityRoot(selection: SelectionNode): EntityRoots[number] | null {
  if (selection.kind !== Kind.FIELD || selection.name.value !== '_entities') return null
  const value = selection.arguments?.[0]?.value
  if (value?.kind !== Kind.VARIABLE) return null
  return { key: (selection.alias ?? selection.name).value, variable: value.name.value }
}

function memo<T>(work: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>()
  return (key) => {
    const value = known.get(key)
    if (value !== undefined) return value
    if (known.size > MAX_KNOWN) known.clear()
    const made = work(key)
    known.set(key, made)
    return made
  }
}
