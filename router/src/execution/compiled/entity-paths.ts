import type { ResponsePath } from '@apollo/query-planner'
import { generate, NotCompilable, own, property } from './generate.ts'
import { replaced, type Tree } from './merge.ts'

/** Pushes every object at a path of the tree; what has another form than the path says is passed over, and reported as what it is. */
export type Collector = (tree: unknown, into: Tree[]) => void

const NAME = /^[_A-Za-z][_0-9A-Za-z]*$/

/**
 * Generates the walk along a path such as `products.@.author`, `@` standing for the items of a list.
 * @throws NotCompilable
 */
export function compileCollector(path: ResponsePath): Collector {
  for (const element of path) {
    if (element !== '@' && (typeof element !== 'string' || !NAME.test(element))) {
      throw new NotCompilable(`path element ${element}`)
    }
  }
  return generate<Collector>(`return function collect(v0, into) { ${step(path, 0)} }`, {
    isList,
    isObject,
    own,
  })
}

function step(path: ResponsePath, depth: number): string {
  const value = `v${depth}`
  const inner = `v${depth + 1}`
  const [head] = path
  if (head === undefined)
    return `if (isList(${value})) { for (const item of ${value}) if (isObject(item)) into.push(item) } else if (isObject(${value})) into.push(${value})`
  const rest = step(path.slice(1), depth + 1)
  if (head === '@') return `if (isList(${value})) for (const ${inner} of ${value}) { ${rest} }`
  return `if (isObject(${value})) { const ${inner} = ${property(value, String(head))}; ${rest} }`
}

const isList = Array.isArray

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The path in the response to each object at a path of the plan, with indexes in place of `@`; to what a null has replaced as well.
 * Only needed when a subgraph reports an error.
 */
export function entityPaths(path: ResponsePath, tree: unknown): Map<unknown, ResponsePath> {
  const found = new Map<unknown, ResponsePath>()
  walk(tree, path, [])
  return found

  function walk(value: unknown, [head, ...rest]: ResponsePath, parent: ResponsePath): void {
    if (typeof value !== 'object' || value === null) return
    if (Array.isArray(value)) {
      const below = head === '@' ? rest : head === undefined ? [] : [head, ...rest]
      for (const [index, item] of value.entries())
        walk(item ?? replaced.get(value)?.get(index), below, [...parent, index])
    } else if (head === undefined) found.set(value, parent)
    else if (Object.hasOwn(value, head))
      walk((value as Tree)[head] ?? replaced.get(value)?.get(head), rest, [...parent, head])
  }
}
