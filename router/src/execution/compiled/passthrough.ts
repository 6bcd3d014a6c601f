import { isUtf8 } from 'node:buffer'
import { isCustomScalarType, isEnumType } from '@apollo/federation-internals'
import { generate } from './generate.ts'
import * as values from './passthrough-values.ts'
import type { LeafShape, ObjectShape, Slot } from './shape.ts'

/** Gives the part of a subgraph's bytes that is the client's response as it would be written; null when they are not that. */
export type Passthrough = (bytes: Uint8Array) => Uint8Array | null

const LEAVES: Record<string, string> = {
  String: 'endOfString',
  ID: 'endOfString',
  Int: 'endOfInt',
  Float: 'endOfFloat',
  Boolean: 'endOfBoolean',
}
const NEWLINE = 10 // servers like to end with one

/**
 * Generates the check whether a subgraph's response is, byte by byte, what parsing it and writing it again would give: the case
 * of most operations on one subgraph. It verifies all that the projection does, keys and their order, types and nulls, but
 * makes nothing; the bytes then go to the client as they came.
 * @returns null where that cannot be, or cannot be seen from the bytes: several possible types.
 */
export function compilePassthrough(root: ObjectShape): Passthrough | null {
  const functions: string[] = []
  const enums: ReadonlySet<string>[] = []
  const written = new Set<number>()
  let lists = 0
  if (!writeObject(root)) return null
  const check = generate<(bytes: Uint8Array) => number>(
    `${functions.join('\n')}
return function check(b) { let i = 0; ${literal('{"data":')} i = k${root.id}(b, i); ${literal('}')} return i }`,
    { ...values, enums },
  )
  return (bytes) => {
    const end = check(bytes)
    const isAll = end === bytes.length || (end === bytes.length - 1 && bytes[end] === NEWLINE)
    return isAll && isUtf8(bytes) ? bytes.subarray(0, end) : null
  }

  /** Every function takes the index where its value begins and gives the one behind it, or -1. */
  function writeObject({ id, cases }: ObjectShape): boolean {
    if (written.has(id)) return true
    written.add(id)
    const [only] = cases
    if (!only || cases.length > 1) return false
    const steps: string[] = []
    for (const [index, member] of only.members.entries()) {
      const key = `${index === 0 ? '{' : ','}${JSON.stringify(member.key)}:`
      if (member.kind === 'typename') {
        if (member.name === null) return false
        steps.push(literal(key + JSON.stringify(member.name)))
        continue
      }
      const value = slot(member.slot)
      if (value === null) return false
      steps.push(literal(key), value)
    }
    functions.push(
      `function k${id}(b, i) { ${steps.join(' ')} ${literal(steps.length > 0 ? '}' : '{}')} return i }`,
    )
    return true
  }

  function slot({ nonNull, value }: Slot): string | null {
    const end = valueEnd(value)
    if (end === null) return null
    const filled = `i = ${end}; if (i < 0) return -1;`
    return nonNull ? filled : `if (${matches('null')}) i += 4; else { ${filled} }`
  }

  function valueEnd(value: Slot['value']): string | null {
    if (value.kind === 'leaf') return leafEnd(value)
    if (value.kind === 'object') return writeObject(value) ? `k${value.id}(b, i)` : null
    const item = slot(value.item)
    if (item === null) return null
    const name = `m${lists++}`
    functions.push(`function ${name}(b, i) {
  ${literal('[')}
  if (b[i] === 93) return i + 1
  for (;;) { ${item} if (b[i] === 93) return i + 1; ${literal(',')} }
}`)
    return `${name}(b, i)`
  }

  function leafEnd({ type }: LeafShape): string | null {
    if (isCustomScalarType(type)) return 'endOfScalar(b, i)'
    if (isEnumType(type))
      return `endOfEnum(b, i, enums[${enums.push(new Set(type.values.map(({ name }) => name))) - 1}])`
    return `${LEAVES[type.name]}(b, i)`
  }
}

const matches = (text: string): string =>
  [...Buffer.from(text)].map((byte, offset) => `b[i + ${offset}] === ${byte}`).join(' && ')

const literal = (text: string): string => `if (!(${matches(text)})) return -1; i += ${text.length};`
