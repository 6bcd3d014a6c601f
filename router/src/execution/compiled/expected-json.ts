import { type FieldNode, Kind, parse, type SelectionSetNode } from 'graphql'
import { generate } from './generate.ts'

/** What `JSON.parse` gives for a text of the expected form; undefined for any other text, and for what only that should read. */
export type ExpectedReader = (text: string) => unknown

/**
 * A reader of the responses to an operation as servers mostly write them: no spaces, no errors, the fields in the order of the operation
 * (GraphQL, section 7.2.2). `JSON.parse` looks each key and each short value up in a table of all strings of the process, which for
 * a small response takes most of its time.
 * @returns null for an operation in which what an object has depends on its type, or on variables.
 */
export function compileExpectedReader(operation: string): ExpectedReader | null {
  const [definition, ...others] = parse(operation, { noLocation: true }).definitions
  if (definition?.kind !== Kind.OPERATION_DEFINITION || others.length > 0) return null
  const functions: string[] = []
  const root = writeObject(definition.selectionSet, functions)
  if (root === null) return null
  const helpers = { has, leaf, list, literal, next }
  const readData = generate<() => unknown>(`${functions.join('\n')}\nreturn o${root}`, helpers)
  return (given) => {
    text = given
    at = 0
    try {
      if (!has('{"data":')) return undefined
      const data = readData()
      return data !== undefined && next(CLOSE_BRACE) && at === text.length ? { data } : undefined
    } catch {
      return undefined // JSON.parse has better words for it
    } finally {
      text = ''
    }
  }
}

/** @returns the number of the functions `o` for such an object, and `v` for such a value; null when it cannot be foreseen. */
function writeObject(selectionSet: SelectionSetNode, functions: string[]): number | null {
  const fields = fieldsOf(selectionSet)
  if (!fields) return null
  const reads: string[] = []
  const members: string[] = []
  for (const [index, { alias, name, selectionSet: inner }] of fields.entries()) {
    const child = inner && writeObject(inner, functions)
    if (child === null) return null
    const key = JSON.stringify((alias ?? name).value)
    reads.push(
      `if (!has(${JSON.stringify(`${index === 0 ? '{' : ','}${key}:`)})) return undefined`,
      `const x${index} = ${child === undefined ? 'leaf' : `v${child}`}()`,
      `if (x${index} === undefined) return undefined`,
    )
    members.push(`${key}: x${index}`)
  }
  const id = functions.length
  functions.push(`function o${id}() {
${reads.join('\n')}
return next(${CLOSE_BRACE}) ? { ${members.join(', ')} } : undefined
}
function v${id}() { return next(${OPEN_BRACKET}) ? list(v${id}) : literal('null', null) === null ? null : o${id}() }`)
  return id
}

/** The fields in the order in which they are answered; null where that, or whether they are, depends on something. */
function fieldsOf({ selections }: SelectionSetNode): FieldNode[] | null {
  const fields: FieldNode[] = []
  for (const selection of selections) {
    if (selection.directives?.length) return null
    if (selection.kind === Kind.FIELD) fields.push(selection)
    else {
      // One type is expected; any other would have other fields, or none.
      const inner =
        selection.kind === Kind.INLINE_FRAGMENT && selections.length === 1
          ? fieldsOf(selection.selectionSet)
          : null
      if (!inner) return null
      fields.push(...inner)
    }
  }
  const keys = new Set(fields.map(({ alias, name }) => (alias ?? name).value))
  return keys.size === fields.length && !keys.has('__proto__') ? fields : null
}

const QUOTE = 34
const MINUS = 45
const ZERO = 48
const NINE = 57
const COMMA = 44
const OPEN_BRACKET = 91
const BACKSLASH = 92
const CLOSE_BRACKET = 93
const CLOSE_BRACE = 125

/** What is being read, and how far. Each function below goes on behind what it reads, and gives undefined where something else stands. */
let text = ''
let at = 0

function has(expected: string): boolean {
  for (let index = 0; index < expected.length; index++)
    if (text.charCodeAt(at + index) !== expected.charCodeAt(index)) return false
  at += expected.length
  return true
}

function next(character: number): boolean {
  if (text.charCodeAt(at) !== character) return false
  at++
  return true
}

const literal = <T>(expected: string, value: T): T | undefined => (has(expected) ? value : undefined)

/** The rest of a list. */
function list(item: () => unknown): unknown[] | undefined {
  const items: unknown[] = []
  if (next(CLOSE_BRACKET)) return items
  for (;;) {
    const value = item()
    if (value === undefined) return undefined
    items.push(value)
    if (next(CLOSE_BRACKET)) return items
    if (!next(COMMA)) return undefined
  }
}

function leaf(): unknown {
  const first = text.charCodeAt(at)
  if (first === QUOTE) return string()
  if (first === OPEN_BRACKET) {
    at++
    return list(leaf)
  }
  if (first === MINUS || (first >= ZERO && first <= NINE)) return number()
  const value = literal('null', null)
  return value === undefined ? (literal('true', true) ?? literal('false', false)) : value
}

function string(): string | undefined {
  const start = at + 1
  let isEscaped = false
  for (let end = start; ; end++) {
    const code = text.charCodeAt(end)
    if (code === QUOTE) {
      at = end + 1
      return isEscaped ? (JSON.parse(text.slice(start - 1, at)) as string) : text.slice(start, end)
    }
    if (code === BACKSLASH) {
      isEscaped = true
      end++
    } else if (!(code >= 0x20)) return undefined // NaN at the end of the text
  }
}

/** Of as many digits as JavaScript's numbers can all tell apart; longer ones are a matter of `exactly`. */
const MOST_DIGITS = 15

function number(): number | undefined {
  const start = at
  let value = 0
  for (let end = start; ; end++) {
    const code = text.charCodeAt(end)
    if (code >= ZERO && code <= NINE && end - start < MOST_DIGITS) {
      value = value * 10 + (code - ZERO)
      continue
    }
    const isWhole = code === COMMA || code === CLOSE_BRACE || code === CLOSE_BRACKET
    const hasLeadingZero = text.charCodeAt(start) === ZERO && end > start + 1
    if (!isWhole || hasLeadingZero) return otherNumber()
    at = end
    return value
  }
}

const OTHER_NUMBER = /-?\d{1,15}(?:\.\d+)?(?:[eE][+-]?\d+)?(?=[,\]}])/y

function otherNumber(): number | undefined {
  OTHER_NUMBER.lastIndex = at
  const [found] = OTHER_NUMBER.exec(text) ?? []
  if (found === undefined) return undefined
  at += found.length
  return JSON.parse(found) as number
}
