import { eventually } from '@karcis/testkit/eventually'
import type { GraphQLBody, Loose } from '@karcis/testkit/gql'
import type { TestWsClient } from '@karcis/testkit/ws-client'
import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
} from 'graphql'
import { argumentsFor } from './arguments.ts'
import { EXAMPLES, standIn } from './examples.ts'
import type { Role, World } from './world.ts'

/** What somebody is answered: `yes`, `null` for nothing without an error, or the code of the refusal. */
export type Outcome = string

/** A row of the table: what each role is answered. */
export interface Row {
  name: string
  outcomes: Map<Role, Outcome>
}

type Kind = 'query' | 'mutation' | 'subscription'
type Field = GraphQLField<unknown, unknown>

/** Asked of something new each time: what it does depends on who asks, or on all that they did before. */
const ANEW = new Set(['changePassword', 'deleteUser', 'checkout'])
/** Of these, what would leave whoever asks signed in no more. */
const CHANGES_ASKER = new Set(['changePassword'])
/** Those that take a password, of which there is one in a request. */
const ALONE = new Set([...ANEW, 'claimAccount', 'createUser', 'login', 'resetPassword', 'updateUser'])

/** Booking takes so many changes in a request. */
const TOGETHER = 10
const MADE_AT_ONCE = 6

/** Asks for each field of a root type as everybody, many fields in one request. */
export async function askRoot(world: World, type: GraphQLObjectType, kind: Kind): Promise<Row[]> {
  const fields = Object.values(type.getFields()).filter(isAccessible)
  if (kind === 'subscription') return askSubscriptions(world, fields)
  const rows = fields.map(({ name }): Row => ({ name, outcomes: new Map() }))
  const outcomesOf = new Map(rows.map(({ name, outcomes }) => [name, outcomes]))
  const isAlone = ({ name, type: of }: Field) => ALONE.has(name) || (kind === 'query' && isNonNullType(of))
  const groups = [
    ...chunks(
      fields.filter((field) => !isAlone(field)),
      TOGETHER,
    ),
    ...fields.filter(isAlone).map((field) => [field]),
  ]
  const examples = new Map<string, Loose>()
  let before: Role | undefined
  for (const role of world.roles) {
    // Somebody who was let do it has changed what it was about: the next is asked about another one.
    const isStale = ({ name }: Field): boolean =>
      !examples.has(name) ||
      (kind === 'mutation' && before !== undefined && outcomesOf.get(name)?.get(before) === 'yes')
    const make = async (field: Field) => {
      examples.set(field.name, (await EXAMPLES[field.name]?.(world, role)) ?? {})
    }
    const stale = fields.filter((field) => isStale(field) && !ANEW.has(field.name))
    for (const some of chunks(stale, MADE_AT_ONCE)) await Promise.all(some.map(make))
    for (const group of groups) {
      const [first] = group
      const isChanging = first !== undefined && CHANGES_ASKER.has(first.name)
      if (first && ANEW.has(first.name)) await make(first)
      const { as, ...only } = (group.length === 1 && first && examples.get(first.name)) || {}
      if (as && first) examples.set(first.name, only)
      const token = as ?? (isChanging ? await standIn(world, role) : world.tokens[role])
      const { document, variables } = operationFor(world, kind, group, examples)
      const answer = await world.karcis.attempt(document, variables, token)
      const whole = answer.errors?.find(({ path }) => path === undefined)
      // Otherwise the others would be taken for refused for the sake of one.
      if (whole && group.length > 1) throw new Error(`of ${role} nothing was asked: ${whole.message}`)
      for (const { name } of group) outcomesOf.get(name)?.set(role, outcomeOf(answer, name))
    }
    before = role
  }
  return rows
}

const chunks = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size))

/** One socket for each role, all at once. */
async function askSubscriptions(world: World, fields: Field[]): Promise<Row[]> {
  const rows = fields.map(({ name }): Row => ({ name, outcomes: new Map() }))
  const operations: { name: string; document: string; variables: Loose }[] = []
  for (const field of fields) {
    const example = (await EXAMPLES[field.name]?.(world, 'customer')) ?? {}
    operations.push({
      name: field.name,
      ...operationFor(world, 'subscription', [field], new Map([[field.name, example]])),
    })
  }
  await Promise.all(
    world.roles.map(async (role) => {
      await using socket = world.karcis.connect(world.tokens[role])
      const outcomes = await Promise.all(operations.map((operation) => listen(socket.client, operation)))
      for (const [at, row] of rows.entries()) row.outcomes.set(role, outcomes[at] ?? '?')
    }),
  )
  return rows
}

/** How long a subscription that is refused may take to say so; one that is not may say nothing until something changes. */
const REFUSED_WITHIN_MS = 2_000

function listen(
  client: TestWsClient['client'],
  { name, document, variables }: { name: string; document: string; variables: Loose },
): Promise<Outcome> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('yes'), REFUSED_WITHIN_MS)
    const answer = (outcome: Outcome) => {
      clearTimeout(timer)
      resolve(outcome)
    }
    client.subscribe(
      { query: document, variables },
      {
        next: (message) => answer(outcomeOf(message as GraphQLBody<Loose>, name)),
        error: (reason) =>
          answer(Array.isArray(reason) ? outcomeOf({ errors: reason, data: null }, name) : String(reason)),
        complete: () => answer('ended'),
      },
    )
  })
}

/** Asks for each field of a thing as everybody who may see the thing. @param from gives the thing, as `event(id: "…")`. */
export async function askFields(world: World, type: GraphQLObjectType, from: string[]): Promise<Row[]> {
  const fields = Object.values(type.getFields()).filter(
    (field) => isAccessible(field) && !field.args.some(isRequiredArgument),
  )
  const rows = new Map(
    fields.map(({ name }): [string, Row] => [name, { name: `${type.name}.${name}`, outcomes: new Map() }]),
  )
  const open = from.map((step) => `{ ${step} `).join('')
  for (const role of world.roles) {
    let left = fields
    for (;;) {
      const selection = left.map(({ name, type: of }) => `${name} ${selectionOf(of)}`).join(' ')
      const document = `query ${open} { __typename ${selection} } ${'}'.repeat(from.length)}`
      const { data, errors = [] } = await world.karcis.attempt(document, {}, world.tokens[role])
      const refused = new Map(
        errors.map(({ path, extensions }) => [String(path?.[from.length] ?? ''), String(extensions?.code)]),
      )
      const thing = valueAt(data, from)
      for (const { name } of left) {
        const code = refused.get(name)
        if (code) rows.get(name)?.outcomes.set(role, code)
        else if (thing) rows.get(name)?.outcomes.set(role, thing[name] === null ? 'null' : 'yes')
      }
      // A field that may not be null takes the whole thing with it: the others are asked for without it.
      const others = left.filter(({ name }) => !refused.has(name))
      if (thing || others.length === left.length) break
      left = others
    }
  }
  return [...rows.values()].filter(({ outcomes }) => new Set(outcomes.values()).size > 1)
}

/** Whether clients have it. */
const isAccessible = ({ astNode }: Field): boolean =>
  !astNode?.directives?.some(({ name }) => name.value === 'inaccessible')

function valueAt(data: Loose, from: string[]): Loose {
  let value = data
  for (const step of from) value = value?.[/^\w+/.exec(step)?.[0] ?? '']
  return value
}

/** One operation for several fields, with variables of their own. */
function operationFor(
  world: World,
  kind: Kind,
  fields: readonly Field[],
  examples: ReadonlyMap<string, Loose>,
): { document: string; variables: Loose } {
  const variables: Record<string, unknown> = {}
  const declared: string[] = []
  const selections = fields.map((field) => {
    const given = argumentsFor(world, field, examples.get(field.name))
    const passed = field.args
      .filter(({ name }) => name in given)
      .map(({ name, type }) => {
        const variable = `${field.name}_${name}`
        variables[variable] = given[name]
        declared.push(`$${variable}: ${String(type)}`)
        return `${name}: $${variable}`
      })
    return `${field.name}${passed.length > 0 ? `(${passed.join(', ')})` : ''} ${selectionOf(field.type)}`
  })
  const head = declared.length > 0 ? ` (${declared.join(', ')})` : ''
  return { document: `${kind}${head} { ${selections.join(' ')} }`, variables }
}

/** As little as there is. */
function selectionOf(type: GraphQLOutputType): string {
  const named = getNamedType(type)
  if (!isCompositeType(named)) return ''
  return isObjectType(named) && 'id' in named.getFields() ? '{ id }' : '{ __typename }'
}

function outcomeOf({ data, errors }: GraphQLBody<Loose>, field: string): Outcome {
  const error = errors?.find(({ path }) => path === undefined || path[0] === field)
  if (error) return error.extensions?.code ?? error.message
  return data?.[field] == null ? 'null' : 'yes'
}

/** What the audit log has to hold after all that: every change that somebody with an office was let make. */
export async function deedsMissing(
  world: World,
  mutations: readonly Row[],
  unrecorded: ReadonlySet<string>,
): Promise<string[]> {
  const wanted = mutations.flatMap(({ name, outcomes }) =>
    [...outcomes]
      .filter(
        ([role, outcome]) =>
          outcome === 'yes' && ['organizer', 'otherOrganizer', 'admin', 'door'].includes(role),
      )
      .map(([role]) => ({ name, role })),
  )
  const LOG = `query ($action: String!) {
    auditLog(filter: { action: $action }, first: 100) { edges { node { role refusedWith } } } }`
  const missing: string[] = []
  for (const name of new Set(wanted.map((one) => one.name)).difference(unrecorded)) {
    const offices = new Set(
      wanted
        .filter((one) => one.name === name)
        .map(({ role }) => (role === 'otherOrganizer' ? 'ORGANIZER' : role.toUpperCase())),
    )
    await eventually(async () => {
      const { auditLog } = await world.asAdmin(LOG, { action: name })
      const found = new Set(auditLog.edges.map(({ node }: Loose) => node.role))
      const left = [...offices].filter((office) => !found.has(office))
      if (left.length > 0) throw new Error(`${name} of ${left.join(', ')}`)
    }, 5_000).catch((error: Error) => missing.push(error.message))
  }
  return missing
}

export const rootOf = (schema: GraphQLSchema, kind: Kind): GraphQLObjectType => {
  const root = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  }[kind]
  if (!root) throw new Error(`the schema has no ${kind}`)
  return root
}
