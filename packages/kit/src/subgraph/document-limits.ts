import {
  type ASTVisitor,
  type DocumentNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql'
import { NoNulInDocument } from './no-nul.ts'

/** The router lets fewer through; what it makes of them for a subgraph is hardly longer. */
export const MAX_TOKENS = 50_000
const MAX_DEPTH = 50

/** Measured on the heap of Node 24: 250 to 490 bytes for each token of a document, with its place and its node. */
const BYTES_PER_TOKEN = 500
const BYTES_PER_DOCUMENT = 3_000

/** What a parsed document takes, at most. */
export function bytesOf({ loc }: DocumentNode, text: string): number {
  let tokens = 0
  for (let token = loc?.startToken; token; token = token.next ?? undefined) tokens += 1
  return BYTES_PER_DOCUMENT + tokens * BYTES_PER_TOKEN + text.length * 2
}

/** As a rule of validation: fields within fields, of whatever fragments they come from. */
const BoundedDepth = (context: ValidationContext): ASTVisitor => {
  const depths = new Map<string, number>()

  function depthOf({ selections }: SelectionSetNode): number {
    let deepest = 0
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD)
        deepest = Math.max(deepest, 1 + (selection.selectionSet ? depthOf(selection.selectionSet) : 0))
      else if (selection.kind === Kind.INLINE_FRAGMENT)
        deepest = Math.max(deepest, depthOf(selection.selectionSet))
      else deepest = Math.max(deepest, depthOfFragment(selection.name.value))
    }
    return deepest
  }

  function depthOfFragment(name: string): number {
    const known = depths.get(name)
    if (known !== undefined) return known
    depths.set(name, 0) // one that spreads itself is refused by a rule of its own
    const fragment = context.getFragment(name)
    const depth = fragment ? depthOf(fragment.selectionSet) : 0
    depths.set(name, depth)
    return depth
  }

  return {
    OperationDefinition(node) {
      if (depthOf(node.selectionSet) > MAX_DEPTH)
        context.reportError(new GraphQLError(`A query may be ${MAX_DEPTH} fields deep.`, { nodes: node }))
      return false
    },
  }
}

/** What is asked of a document beyond being valid. */
export const DOCUMENT_RULES: ValidationRule[] = [NoNulInDocument, BoundedDepth]
