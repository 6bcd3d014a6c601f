import type { ResponsePath } from '@apollo/query-planner'
import { generate, isInherited, NotCompilable } from './generate.ts'
import type { Tree } from './merge.ts'

/** Pushes every object at a path of the tree. @throws TypeError where the tree has another form than the path. */
export type Collector = (tree: unknown, into: Tree[]) => void

const NAME = /^[_A-Za-z][_0-9A-Za-z]*$/

/**
 * Generates the walk along a path such as `products.@.author`, `@` standing for the items of a list.
 * @throws NotCompilable
 */
export function compileCollector(path: ResponsePath): Collector {
  for (const element of path) {
    if (element !== '@' && (typeof element !== 'string' || !NAME.test(element) || isInherited(element))) {
      throw new NotCompilable(`path element ${element}`)
    }
  }
  return generate<Collector>(`return function collect(v0, into) { if (v0 != null) { ${step(path, 0)} } }`, {
    isList,
    notList,
  })
}

function step(path: ResponsePath, depth: number): string {
  const value = `v${depth}`
  const inner = `v${depth + 1}`
  const [head] = path
  if (head === undefined) {
    return `if (isList(${value})) { for (const item of ${value}) if (item != null) into.push(item) } else into.push(${value})`
  }
  const rest = `if (${inner} != null) { ${step(path.slice(1), depth + 1)} }`
  if (head !== '@') return `notList(${value}); const ${inner} = ${value}.${head}; ${rest}`
  return `if (!isList(${value})) throw new TypeError('value.flatMap is not a function'); for (const ${inner} of ${value}) { ${rest} }`
}

const isList = Array.isArray

function notList(value: unknown): void {
  if (Array.isArray(value)) throw new TypeError('Unexpected array in result')
}

/**
 * The path in the response to each object at a path of the plan, with indexes in place of `@`. Only needed when a subgraph
 * reports an error, and by the reference's rules: one per object that is there, whether or not it went to the subgraph.
 */
export function entityPaths(path: ResponsePath, tree: unknown, parent: ResponsePath = []): ResponsePath[] {
  if (tree === null || tree === undefined) return []
  const [head, ...rest] = path
  if (head === undefined) return [parent]
  if (Array.isArray(tree)) {
    const below = head === '@' ? rest : path
    return tree.flatMap((item: unknown, index) => entityPaths(below, item, [...parent, index]))
  }
  if (!Object.hasOwn(tree, head)) return []
  return entityPaths(rest, (tree as Tree)[head], [...parent, head])
}
