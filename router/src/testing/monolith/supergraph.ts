import type { Random } from '../differential/random.ts'

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key", "@requires", "@provides", "@external", "@shareable", "@override", "@interfaceObject"])`

const LEAVES = ['String', 'Int', 'Float', 'Boolean', 'ID', 'E', 'S']
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
  /** Fields of the interface, as this member has them. */
  shared: Field[]
  /** Fields that a subgraph provides at some of its fields, of those that another knows. */
  provided: Map<number, string>
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
  /** The subgraph that knows the entity interface, those that know it as an object only, and the one that knows it without a key. */
  const home = random.below(count)
  const objectLikes = [1, 3].flatMap((step) =>
    count > Math.max(2, step) && random.chance(0.6) ? [(home + step) % count] : [],
  )
  const plain = count > 2 && random.chance(0.4) ? (home + 2) % count : null
  const isEntityInterface = objectLikes.length > 0 || random.chance(0.5)
  const familyKey = random.pick(['id', 'id', 'sku', 'org { code }'])
  const shared = fieldsOf(2, false).map((field) =>
    random.chance(0.15) ? { ...field, type: wrapped('I') } : field,
  )
  const taken = new Set(shared.map((field) => field.name))
  const values: Field[] = [
    { name: 'x', type: 'Int', args: '' },
    { name: 'tag', type: leaf(), args: '' },
    { name: 'inner', type: 'V', args: '' },
  ]

  const sharesRoot = random.chance(0.5)

  const made = entities.map((name): Entity => {
    const isMember = members.includes(name)
    const keys = isMember && isEntityInterface ? [familyKey] : some(KEYS, 1 + random.below(2))
    const lines = new Map<number, string[]>()
    const own = isMember ? shared.map((field) => ({ ...field, type: narrowed(field.type, name) })) : []
    for (let index = 0; index < count; index++) {
      const isThere = index === home || (index === plain && isMember) || random.chance(0.75)
      if (isThere && !(isMember && objectLikes.includes(index))) lines.set(index, [])
    }
    return { name, keys, lines, shared: own, provided: new Map() }
  })
  for (const entity of made) fill(entity)
  for (let index = 0; index < count; index++) finish(index)
  return Object.fromEntries(
    types.map((lines, index) => [
      `s${index}`,
      `${LINK}\ntype Query { ${roots[index]?.join(' ')} }\n${lines.join('\n')}\n`,
    ]),
  )

  /** What an object may say of a field of its interface: that it is never null, and which object it is. */
  function narrowed(type: string, member: string): string {
    const known = random.chance(0.4) ? type.replace(/\bI\b/, member) : type
    return known.endsWith('!') || random.chance(0.7) ? known : `${known}!`
  }

  function fill({ name, lines, shared, provided }: Entity): void {
    const places = [...lines.keys()]
    const isMember = members.includes(name)
    const own = fieldsOf(2 + random.below(4), true).filter((one) => !taken.has(one.name) || !isMember)
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
    for (const place of places) {
      const here = lines.get(place) as string[]
      const isKnown = (field: Field): boolean => here.some((line) => /^\w+/.exec(line)?.[0] === field.name)
      const elsewhere = own.filter((field) => LEAF.test(field.type) && !isKnown(field))
      if (here.length === 0 || elsewhere.length === 0) continue
      if (random.chance(0.7)) requireSome(here, place, elsewhere)
      const plain = elsewhere.filter((field) => field.args === '' && !isKnown(field))
      if (plain.length === 0 || !random.chance(0.3)) continue
      const field = random.pick(plain)
      here.push(`${text(field)} @external`)
      provided.set(place, selectionOf(field))
      for (const known of lines.values())
        for (const [index, line] of known.entries())
          if (line.startsWith(`${field.name}:`) && !/@(shareable|external)/.test(line))
            known[index] = `${line} @shareable`
    }
  }

  /** Fields that are computed of one or two others of the entity, which are known elsewhere. */
  function requireSome(here: string[], place: number, elsewhere: Field[]): void {
    const required = some(elsewhere, 1 + random.below(2))
    here.push(...required.map((field) => `${text(field)} @external`))
    for (const computed of random.chance(0.3) ? ['sum', 'avg'] : ['sum']) {
      const fields = required.map((field) =>
        selectionOf(field, field.args ? random.pick(['', '(arg: 2)', '(arg: 3)']) : ''),
      )
      const args = random.chance(0.3) ? '(arg: Int = 1)' : ''
      const type = random.pick(['Int', 'String!', '[Int]'])
      here.push(`${computed}${place}${args}: ${type} @requires(fields: "${fields.join(' ')}")`)
    }
  }

  function finish(index: number): void {
    const lines = types[index] as string[]
    const root = roots[index] as string[]
    const here = made.filter((entity) => entity.lines.has(index))
    root.push(`n${index}: Int`)
    for (const { name, keys, lines: all, provided } of here) {
      const known = keys.length > 1 && random.chance(0.5) ? [random.pick(keys)] : keys
      const fields = new Set(namesInKeys(known))
      const isInterface = members.includes(name) && (index === home || index === plain)
      if (isInterface) fields.add('id')
      const interfaces = [...(isInterface ? ['I'] : []), ...(fields.has('id') ? ['N'] : [])]
      const head = `type ${name}${interfaces.length > 0 ? ` implements ${interfaces.join(' & ')}` : ''} ${known.map((key) => `@key(fields: "${key}")`).join(' ')}`
      const isKeyField = !known.includes('id') && fields.has('id')
      lines.push(
        `${head} { ${keyLines([...fields])}${isKeyField ? ' @shareable' : ''} ${all.get(index)?.join(' ')} }`,
      )
      for (const type of some([name, `[${name}!]`, `[${name}]!`, `[[${name}]]`], 1 + random.below(2)))
        root.push(
          `${name.toLowerCase()}${root.length}s${index}${random.chance(0.3) ? '(arg: Int = 2)' : ''}: ${type}`,
        )
      const fieldSet = provided.get(index)
      if (fieldSet) root.push(`${name.toLowerCase()}p${index}: [${name}] @provides(fields: "${fieldSet}")`)
    }
    const isNamed = (name: string): boolean =>
      here.some(({ lines: all }) => all.get(index)?.some((line) => RegExp(`: \\[*${name}\\b`).test(line)))
    for (const {
      name,
      keys: [key = ''],
      lines: all,
    } of made) {
      if (all.has(index) || !isNamed(name)) continue
      lines.push(`type ${name} @key(fields: "${key}", resolvable: false) { ${keyLines(namesInKeys([key]))} }`)
      root.push(`stub${name}s${index}: ${name}`)
    }
    if (here.some(({ name }) => name === made[0]?.name) && sharesRoot)
      root.push(`one: ${made[0]?.name} @shareable`)
    if (random.chance(0.4) && here[0])
      lines.push(`type Mutation { m${index}(arg: Int): ${random.pick(here).name} }`)
    lines.push('enum E { X Y Z } scalar S')
    if (lines.some((line) => /^type .*\bN\b.* {/.test(line))) {
      lines.push('interface N { id: ID! }')
      root.push(`ns${index}: [N]`)
    }
    lines.push(`type V @shareable { ${values.map(text).join(' ')} }`)
    lines.push('type Org @shareable { code: ID! zone: Zone! } type Zone @shareable { z: Int! }')
    root.push(`v${index}: V`)
    if (index === home || index === plain) {
      lines.push(
        isEntityInterface && index === home
          ? `interface I @key(fields: "${familyKey}") { ${keyLines([...new Set(['id', ...namesInKeys([familyKey])])])} ${shared.map(text).join(' ')} }`
          : `interface I { id: ID! ${shared.map(text).join(' ')} }`,
      )
      root.push(`i${index}: I is${index}: [I!]`)
    }
    if (objectLikes.includes(index)) {
      const [likes, rank, fan] =
        index === objectLikes[0] ? ['likes', 'rank', 'fan'] : ['votes', 'grade', 'friend']
      const both = objectLikes.length > 1 ? 'views: Int @shareable' : ''
      lines.push(
        `type I @key(fields: "${familyKey}") @interfaceObject { ${keyLines(namesInKeys([familyKey]))} ${both} ${likes}: Int ${rank}(arg: Int = 1): String! ${fan}: ${here[0]?.name ?? 'V'} }`,
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

const keyLines = (names: readonly string[]): string => names.map((name) => KEY_FIELDS[name]).join(' ')

/** What needs no entity of its own. */
const LEAF = /^\[*(String|Int|Float|Boolean|ID|E|S|V)\b/

const namesInKeys = (keys: readonly string[]): string[] =>
  keys.flatMap((key) =>
    key
      .replace(/\{.*\}/, '')
      .trim()
      .split(' '),
  )

const selectionOf = ({ name, type }: Field, args = ''): string =>
  `${name}${args}${type.includes('V') ? ' { x }' : ''}`

const text = ({ name, args, type }: Field): string => `${name}${args}: ${type}`
