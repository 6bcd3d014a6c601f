import type { Random } from '../differential/random.ts'

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key", "@requires", "@provides", "@external", "@shareable", "@override", "@interfaceObject"])`

const LEAVES = ['String', 'Int', 'Float', 'Boolean', 'ID', 'E']
const ENTITIES = ['A', 'B', 'C', 'D']
const NAMES = ['name', 'title', 'size', 'self', 'items', 'code', 'val', 'more', 'next', 'tag']
/** Selections that name an entity; which of them a subgraph knows is decided for each. */
const KEYS = ['id', 'sku', 'org { code }', 'id sku', 'org { code zone { z } }']
const KEY_FIELDS: Record<string, string> = { id: 'id: ID!', sku: 'sku: String!', org: 'org: Org!' }

interface Field {
  name: string
  type: string
  args: string
}

interface Entity {
  name: string
  keys: string[]
  /** Its lines, by subgraph. */
  lines: Map<number, string[]>
}

/**
 * Writes the schemas of a few subgraphs with entities that reach across them, by name. Not all of them compose. An entity's fields are
 * told from its number, which all of its keys tell: see `world.ts`.
 */
export function randomSubgraphs(random: Random): Record<string, string> {
  const count = 2 + random.below(3)
  const types: string[][] = Array.from({ length: count }, () => [])
  const roots: string[][] = Array.from({ length: count }, () => [])
  const entities = ENTITIES.slice(0, 2 + random.below(3))
  const members = entities.slice(0, 2)
  /** The subgraph that knows the entity interface, those that know it as an object only, and those that know it without a key. */
  const home = random.below(count)
  const objectLike = count > 2 && random.chance(0.6) ? (home + 1) % count : null
  const plain = count > 2 && random.chance(0.4) ? (home + 2) % count : null
  const isEntityInterface = objectLike !== null || random.chance(0.5)
  const shared = fieldsOf(2, false)
  const values: Field[] = [
    { name: 'x', type: 'Int', args: '' },
    { name: 'tag', type: leaf(), args: '' },
    { name: 'inner', type: 'V', args: '' },
  ]

  const made = entities.map((name): Entity => {
    const isMember = members.includes(name)
    const keys = isMember && isEntityInterface ? ['id'] : some(KEYS, 1 + random.below(2))
    const lines = new Map<number, string[]>()
    for (let index = 0; index < count; index++) {
      const isThere = index === home || (index === plain && isMember) || random.chance(0.75)
      if (isThere && !(isMember && index === objectLike)) lines.set(index, [])
    }
    return { name, keys, lines }
  })
  for (const entity of made) fill(entity)
  for (let index = 0; index < count; index++) finish(index)
  return Object.fromEntries(
    types.map((lines, index) => [
      `s${index}`,
      `${LINK}\ntype Query { ${roots[index]?.join(' ')} }\n${lines.join('\n')}\n`,
    ]),
  )

  function fill({ name, lines }: Entity): void {
    const places = [...lines.keys()]
    const isMember = members.includes(name)
    const own = fieldsOf(2 + random.below(4), true).filter(
      (one) => !shared.some((known) => known.name === one.name),
    )
    for (const field of isMember ? [...shared, ...own] : own) {
      const isShared = shared.includes(field)
      const owner = isShared ? home : random.pick(places)
      const others = places.filter((place) => place !== owner)
      const mustShare = isShared && plain !== null && plain !== owner
      if (mustShare || (!isShared && others.length > 0 && random.chance(0.2))) {
        const second = mustShare ? plain : random.pick(others)
        for (const place of [owner, second]) lines.get(place)?.push(`${text(field)} @shareable`)
      } else if (!isShared && others.length > 0 && random.chance(0.12)) {
        const from = random.pick(others)
        lines.get(from)?.push(text(field))
        lines.get(owner)?.push(`${text(field)} @override(from: "s${from}")`)
      } else lines.get(owner)?.push(text(field))
    }
    const leaves = own.filter(({ type }) => /^\[*(String|Int|Float|Boolean|ID|E|V)\b/.test(type))
    for (const place of places) {
      const [line] = lines.get(place) ?? []
      if (!random.chance(0.4) || leaves.length === 0) continue
      const required = random.pick(leaves)
      const isOwn = lines
        .get(place)
        ?.some((one) => one.startsWith(`${required.name}(`) || one.startsWith(`${required.name}:`))
      if (isOwn || line === undefined) continue
      const args = required.args ? random.pick(['', '(arg: 2)', '(arg: 3)']) : ''
      const inner = required.type.includes('V') ? ' { x }' : ''
      lines.get(place)?.push(`${text(required)} @external`)
      lines
        .get(place)
        ?.push(
          `sum${place}: ${random.pick(['Int', 'String!', '[Int]'])} @requires(fields: "${required.name}${args}${inner}")`,
        )
    }
  }

  function finish(index: number): void {
    const lines = types[index] as string[]
    const root = roots[index] as string[]
    const here = made.filter((entity) => entity.lines.has(index))
    root.push(`n${index}: Int`)
    for (const { name, keys, lines: all } of here) {
      const known = keys.length > 1 && random.chance(0.5) ? [random.pick(keys)] : keys
      const fields = new Set(
        known.flatMap((key) =>
          key
            .replace(/\{.*\}/, '')
            .trim()
            .split(' '),
        ),
      )
      const isInterface = members.includes(name) && (index === home || index === plain)
      if (isInterface) fields.add('id')
      const head = `type ${name}${isInterface ? ' implements I' : ''} ${known.map((key) => `@key(fields: "${key}")`).join(' ')}`
      const keyLines = [...fields].map((field) => KEY_FIELDS[field] ?? '')
      const isKeyField = !known.includes('id') && fields.has('id')
      lines.push(
        `${head} { ${keyLines.join(' ')}${isKeyField ? ' @shareable' : ''} ${all.get(index)?.join(' ')} }`,
      )
      for (const type of some([`${name}`, `[${name}!]`, `[${name}]!`, `[[${name}]]`], 1 + random.below(2)))
        root.push(
          `${name.toLowerCase()}${root.length}s${index}${random.chance(0.3) ? '(arg: Int = 2)' : ''}: ${type}`,
        )
    }
    lines.push('enum E { X Y Z }')
    lines.push(`type V @shareable { ${values.map(text).join(' ')} }`)
    lines.push('type Org @shareable { code: ID! zone: Zone! } type Zone @shareable { z: Int! }')
    root.push(`v${index}: V`)
    if (index === home || index === plain) {
      lines.push(
        `interface I ${isEntityInterface && index === home ? '@key(fields: "id") ' : ''}{ id: ID! ${shared.map(text).join(' ')} }`,
      )
      root.push(`i${index}: I is${index}: [I!]`)
    }
    if (index === objectLike) {
      lines.push(
        `type I @key(fields: "id") @interfaceObject { id: ID! likes: Int rank(arg: Int = 1): String! fan: ${here[0]?.name ?? 'V'} }`,
      )
      root.push(`o${index}: I os${index}: [I]`)
    }
    if (here.length > 1) {
      lines.push(`union U = ${here.map(({ name }) => name).join(' | ')}`)
      root.push(`u${index}: U us${index}: [U!]`)
    }
  }

  function fieldsOf(size: number, canLink: boolean): Field[] {
    return some(NAMES, size).map((name) => ({
      name,
      type: wrapped(
        canLink && random.chance(0.4) ? random.pick([...entities, 'V']) : random.chance(0.3) ? 'V' : leaf(),
      ),
      args: random.chance(0.35) ? '(arg: Int = 1)' : '',
    }))
  }

  function wrapped(type: string): string {
    const luck = random.below(10)
    if (luck < 5) return type
    if (luck < 6) return `${type}!`
    return ['', `[${type}]`, `[${type}!]`, `[${type}!]!`, `[[${type}]]`][luck - 5] || `[${type}]`
  }

  function leaf(): string {
    return random.pick(LEAVES)
  }

  function some<T>(items: readonly T[], size: number): T[] {
    const left = [...items]
    return Array.from(
      { length: Math.min(size, items.length) },
      () => left.splice(random.below(left.length), 1)[0] as T,
    )
  }
}

const text = ({ name, args, type }: Field): string => `${name}${args}: ${type}`
