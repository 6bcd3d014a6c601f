import { isCustomScalarType, isEnumType, isIDType, type Schema } from '@apollo/federation-internals'
import { generate, NotCompilable } from './generate.ts'
import * as text from './json-text.ts'
import { type LeafShape, type Member, objectNames, type ObjectShape, type Slot } from './shape.ts'

/** Writes the `data` of a response as JSON. @throws BROKEN where the tree is not what the schema promises. */
export type Projection = (tree: unknown) => string

const LEAVES: Record<string, string> = {
  String: 'stringText',
  Int: 'intText',
  Float: 'floatText',
  Boolean: 'booleanText',
}
const MAX_CODE = 500_000

/**
 * Generates the projection of a shape: one function per object, each a single expression whose property reads see few
 * hidden classes, so that they stay as fast as hand-written code.
 * @throws NotCompilable
 */
export function compileProjection(root: ObjectShape, schema: Schema): Projection {
  const functions: string[] = []
  const enums: ReadonlySet<string>[] = []
  const enumIds = new Map<unknown, number>()
  const written = new Set<number>()
  let length = 0
  let lists = 0
  writeObject(root)
  return generate<Projection>(`${functions.join('\n')}\nreturn o${root.id}`, {
    ...text,
    enums,
    names: objectNames(schema),
  })

  function write(code: string): void {
    length += code.length
    if (length > MAX_CODE) throw new NotCompilable('too large')
    functions.push(code)
  }

  function writeObject({ id, cases }: ObjectShape): void {
    if (written.has(id)) return
    written.add(id)
    const branches = cases.map(({ typenames, members }, index) => {
      write(`function o${id}c${index}(v) { let x; return ${objectExpression(members)} }`)
      const labels = typenames.map(
        (name) => `case ${name === undefined ? 'undefined' : JSON.stringify(name)}:`,
      )
      return `${labels.join(' ')} return o${id}c${index}(v)`
    })
    write(
      `function o${id}(v) { if (typeof v !== 'object' || v === null) throw BROKEN; switch (v.__typename) { ${branches.join('; ')} } throw BROKEN }`,
    )
  }

  function objectExpression(members: Member[]): string {
    if (members.length === 0) return `'{}'`
    const parts = members.map((member, index) => {
      const key = JSON.stringify(`${index === 0 ? '{' : ','}${JSON.stringify(member.key)}:`)
      return `${key} + ${member.kind === 'typename' ? typename(member.key, member.name) : slot(member.slot, `v.${member.key}`)}`
    })
    return `${parts.join(' + ')} + '}'`
  }

  /** An alias may have been fetched by its own name; the reference then prefers that value. */
  function typename(key: string, name: string | null): string {
    const own = key === '__typename' ? 'undefined' : `v.${key}`
    if (name === null) return `typenameText(${own}, names)`
    const literal = JSON.stringify(JSON.stringify(name))
    if (key === '__typename') return literal
    return `((x = ${own}) == null || x === ${JSON.stringify(name)} ? ${literal} : broken())`
  }

  function slot({ nonNull, value }: Slot, source: string): string {
    const filled = (from: string): string => {
      if (value.kind === 'leaf') return leaf(value, from)
      if (value.kind === 'list') return `${list(value.item)}(${from})`
      writeObject(value)
      return `o${value.id}(${from})`
    }
    if (!nonNull) return `((x = ${source}) == null ? 'null' : ${filled('x')})`
    return value.kind === 'leaf' && isCustomScalarType(value.type) ? `presentText(${source})` : filled(source)
  }

  function list(item: Slot): string {
    const name = `l${lists++}`
    write(`function ${name}(a) {
  if (!Array.isArray(a)) throw BROKEN
  let s = '[', x
  for (let i = 0; i < a.length; i++) { const e = a[i]; s += (i === 0 ? '' : ',') + ${slot(item, 'e')} }
  return s + ']'
}`)
    return name
  }

  function leaf({ type }: LeafShape, source: string): string {
    if (isEnumType(type)) {
      const id = enumIds.get(type) ?? enums.push(new Set(type.values.map(({ name }) => name))) - 1
      enumIds.set(type, id)
      return `enumText(${source}, enums[${id}])`
    }
    if (isIDType(type)) return `idText(${source})`
    return `${LEAVES[type.name] ?? 'jsonText'}(${source})`
  }
}
