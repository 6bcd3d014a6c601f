import { type ASTVisitor, GraphQLError, Kind, type ValidationContext } from 'graphql'
import { BadUserInput } from '../errors.ts'

/** Postgres refuses a statement with this character in any text, and no name, text or key of ours has it. */
const NUL = '\0'
const MESSAGE = 'must not contain NUL'

/** What is wrong with variables that hold a NUL anywhere, by the path of the first one; null when there is none. */
export function nulIn(variables: unknown): BadUserInput | null {
  const path = nulPath(variables)
  return path === null ? null : new BadUserInput([{ path, message: MESSAGE }])
}

/** Builds the path on the way back only: clean input costs a look at each value. */
function nulPath(value: unknown): string | null {
  if (typeof value === 'string') return value.includes(NUL) ? '' : null
  if (typeof value !== 'object' || value === null) return null
  for (const key in value) {
    const below = nulPath((value as Record<string, unknown>)[key])
    if (below !== null) return below === '' ? key : `${key}.${below}`
  }
  return null
}

/** The same for what is written into a document itself; as a rule of validation, it looks at each document once. */
export const NoNulInDocument = (context: ValidationContext): ASTVisitor => ({
  StringValue(node, _key, _parent, _path, ancestors) {
    if (!node.value.includes(NUL)) return
    const path = ancestors
      .flat()
      .flatMap((above) =>
        'kind' in above && (above.kind === Kind.ARGUMENT || above.kind === Kind.OBJECT_FIELD)
          ? [above.name.value]
          : [],
      )
      .join('.')
    const originalError = new BadUserInput([{ path, message: MESSAGE }])
    context.reportError(new GraphQLError(originalError.message, { nodes: node, originalError }))
  },
})
