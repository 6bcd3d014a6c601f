import {
  getNamedType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  Kind,
  print,
  type VariableDefinitionNode,
} from 'graphql'
import type { Random } from './random.ts'

const CONDITIONS = ['a', 'b', 'c']
const ALIASES = ['x', 'y', 'z']
const MAX_FIELDS = 26

interface OperationOptions {
  /** What fields may be called; names of other fields among them collide with these. */
  aliases?: readonly string[]
  /** Share of fragments that are deferred. */
  defers?: number
}

/** Writes a random operation. Most are valid; some have two fields of one key that cannot be merged. */
export function randomOperation(
  schema: GraphQLSchema,
  random: Random,
  { aliases = ALIASES, defers = 0 }: OperationOptions = {},
): string {
  const mutations = schema.getMutationType()
  const isMutation = random.chance(0.12) && mutations !== undefined && mutations !== null
  const root = (isMutation ? mutations : schema.getQueryType()) as GraphQLNamedType
  const definitions = new Map<string, string>()
  const fragments: { name: string; on: string }[] = []
  const texts: string[] = []
  let labels = 0
  let budget = 4 + random.below(MAX_FIELDS)
  const body = selections(root, 0)
  const head = definitions.size > 0 ? `(${[...definitions.values()].join(', ')})` : ''
  return `${isMutation ? 'mutation' : 'query'} Q${head} ${body}\n${texts.join('\n')}`

  function selections(type: GraphQLNamedType, depth: number): string {
    const parts: string[] = []
    const count = 1 + random.below(depth === 0 ? 3 : 5)
    for (let i = 0; i < count; i++) parts.push(selection(type, depth))
    // The same field again, in another way: selections of one key must come together.
    if (parts.length > 0 && random.chance(0.15)) parts.push(random.pick(parts))
    return `{ ${parts.join(' ')} }`
  }

  function selection(type: GraphQLNamedType, depth: number): string {
    budget -= 1
    const luck = random.below(100)
    const tooDeep = depth > 6 || budget < 0
    if (!('getFields' in type) || (luck < 22 && !tooDeep)) {
      if (!tooDeep) return fragment(type, depth)
      return field('__typename')
    }
    if (luck > 91) return field('__typename')
    const all = Object.values(
      (type as { getFields(): Record<string, GraphQLField<unknown, unknown>> }).getFields(),
    )
    const leaves = all.filter((one) => !isCompositeType(getNamedType(one.type)))
    const one = tooDeep ? (leaves.length > 0 ? random.pick(leaves) : null) : random.pick(all)
    if (!one) return field('__typename')
    const named = getNamedType(one.type)
    return field(one.name, args(one), isCompositeType(named) ? selections(named, depth + 1) : '')
  }

  function field(name: string, args = '', inner = ''): string {
    const alias = random.chance(0.12) ? `${random.pick(aliases)}: ` : ''
    return `${alias}${name}${args}${directive(0.12)}${inner && ` ${inner}`}`
  }

  function fragment(type: GraphQLNamedType, depth: number): string {
    const known = fragments.filter(({ on }) => overlaps(type, on))
    if (known.length > 0 && random.chance(0.3)) return `...${random.pick(known).name}${directives(0.15)}`
    const on = random.chance(0.15) ? type.name : random.pick(candidates(type))
    const condition = schema.getType(on) as GraphQLNamedType
    const inner = selections(condition, depth + 1)
    if (random.chance(0.3)) {
      const name = `F${texts.length}`
      texts.push(`fragment ${name} on ${on} ${inner}`)
      fragments.push({ name, on })
      return `...${name}${directives(0.15)}`
    }
    return on === type.name && random.chance(0.5)
      ? `...${directives(0.3)} ${inner}`
      : `... on ${on}${directives(0.15)} ${inner}`
  }

  /** Types that share a possible type with it. */
  function candidates(type: GraphQLNamedType): string[] {
    return Object.values(schema.getTypeMap()).flatMap(({ name }) => (overlaps(type, name) ? [name] : []))
  }

  function overlaps(type: GraphQLNamedType, name: string): boolean {
    const own = possible(type)
    return !name.startsWith('__') && possible(schema.getType(name)).some((one) => own.includes(one))
  }

  function possible(type: GraphQLNamedType | undefined): GraphQLNamedType[] {
    if (isObjectType(type)) return [type]
    return isAbstractType(type) || isInterfaceType(type) ? [...schema.getPossibleTypes(type)] : []
  }

  function directives(probability: number): string {
    const deferred = defers > 0 && random.chance(defers) ? deferral() : ''
    return `${directive(probability)}${deferred}`
  }

  function deferral(): string {
    if (random.chance(0.6)) return ' @defer'
    return random.chance(0.5) ? ` @defer(label: "l${labels++}")` : ` @defer(if: $${condition()})`
  }

  function directive(probability: number): string {
    if (!random.chance(probability)) return ''
    const names = random.chance(0.1) ? ['skip', 'include'] : [random.pick(['skip', 'include'])]
    return names
      .map((name) => ` @${name}(if: ${random.chance(0.2) ? random.chance(0.5) : `$${condition()}`})`)
      .join('')
  }

  function condition(): string {
    const variable = random.pick(CONDITIONS)
    if (!definitions.has(variable)) {
      const hasDefault = random.chance(0.4)
      definitions.set(variable, `$${variable}: Boolean${hasDefault ? ` = ${random.chance(0.5)}` : '!'}`)
    }
    return variable
  }

  function args({ args: definitions }: GraphQLField<unknown, unknown>): string {
    const given = definitions.flatMap(({ name, type }) =>
      isNonNullType(type) || random.chance(0.5) ? [`${name}: ${argument(type)}`] : [],
    )
    return given.length > 0 ? `(${given.join(', ')})` : ''
  }

  function argument(type: GraphQLInputType): string {
    const literal = literalOf(String(type), random)
    if (random.chance(0.6)) return literal
    const name = `v${definitions.size}`
    const hasDefault = !isNonNullType(type) && random.chance(0.5)
    definitions.set(name, `$${name}: ${String(type)}${hasDefault ? ` = ${literal}` : ''}`)
    return `$${name}`
  }
}

/** Values for the variables of such an operation; those with a default are sometimes left to it. */
export function randomVariables(
  definitions: readonly VariableDefinitionNode[],
  random: Random,
): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const { variable, type, defaultValue } of definitions) {
    const isNeeded = type.kind === Kind.NON_NULL_TYPE
    if (isNeeded || random.chance(0.6))
      values[variable.name.value] = JSON.parse(literalOf(print(type), random)) as unknown
    else if (random.chance(defaultValue ? 0.05 : 0.3)) values[variable.name.value] = null
  }
  return values
}

function literalOf(type: string, random: Random): string {
  if (type.endsWith('!')) return literalOf(type.slice(0, -1), random)
  if (type.startsWith('['))
    return `[${literalOf(type.slice(1, -1), random)}, ${literalOf(type.slice(1, -1), random)}]`
  if (type === 'Int') return `${1 + random.below(4)}`
  if (type === 'Boolean') return `${random.chance(0.5)}`
  return JSON.stringify(random.pick(['1', '2', 'u3', 'a b']))
}
