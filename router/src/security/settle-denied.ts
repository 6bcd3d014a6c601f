import {
  type FragmentDefinitionNode,
  getNamedType,
  type GraphQLError,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { clientError } from '../errors.ts'
import type { DeniedField, Refusal } from './authorize.ts'

/** Types by response key. One key has one nullability wherever it occurs: the validation of operations sees to that. */
interface Shape {
  type: GraphQLOutputType
  fields: Map<string, Shape>
}

type Data = Record<string, unknown> | null | undefined
type Path = readonly (string | number)[]

const MESSAGES: Record<Refusal, string> = {
  UNAUTHENTICATED: 'Sign in first: this needs an access token.',
  FORBIDDEN: 'You may not see or do this.',
  SECOND_FACTOR_REQUIRED:
    'Your role needs a second factor: set one up first (enableTotp or startPasskeyRegistration).',
}

/** The error of a field that was denied. */
export const refusalError = (refusal: Refusal, path: Path): GraphQLError =>
  clientError(refusal, MESSAGES[refusal], { path })

/** A null where none may be; the nearest nullable field above becomes null instead. */
const BROKEN = Symbol('null in a position that is not nullable')

/**
 * Makes the function that turns every placeholder in an authorized operation's data into the field that the client asked for:
 * null under its name, and an error at that path. A null that is not allowed moves up as the GraphQL specification says.
 */
export function createSettler(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: Record<string, FragmentDefinitionNode>,
  denied: Map<string, DeniedField>,
): (data: Data) => { data: Data; errors: GraphQLError[] } {
  const root = new Map<string, Shape>()
  collect(operation.selectionSet, schema.getRootType(operation.operation) ?? undefined, root)

  return (data) => {
    const errors: GraphQLError[] = []
    if (!data) return { data, errors }
    const settled = settleObject(data, root, [], errors)
    return { data: settled === BROKEN ? null : (settled as Data), errors }
  }

  function collect(
    selections: SelectionSetNode,
    parent: GraphQLNamedType | undefined,
    into: Map<string, Shape>,
  ): void {
    for (const selection of selections.selections) {
      if (selection.kind === Kind.FIELD) {
        const field =
          isObjectType(parent) || isInterfaceType(parent)
            ? parent.getFields()[selection.name.value]
            : undefined
        if (!field) continue // __typename, the placeholders among it, and introspection
        const key = selection.alias?.value ?? selection.name.value
        const shape = into.get(key) ?? { type: field.type, fields: new Map<string, Shape>() }
        into.set(key, shape)
        if (selection.selectionSet) collect(selection.selectionSet, getNamedType(field.type), shape.fields)
      } else {
        const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments[selection.name.value] : selection
        if (!fragment) continue
        const type = fragment.typeCondition ? schema.getType(fragment.typeCondition.name.value) : parent
        collect(fragment.selectionSet, type, into)
      }
    }
  }

  function settle(
    value: unknown,
    type: GraphQLOutputType,
    fields: Shape['fields'],
    path: Path,
    errors: GraphQLError[],
  ): unknown {
    if (isNonNullType(type)) {
      const inner = settle(value, type.ofType, fields, path, errors)
      return inner === null ? BROKEN : inner
    }
    if (value === null || value === undefined) return null
    if (isListType(type)) {
      const items = (value as unknown[]).map((item, index) =>
        settle(item, type.ofType, fields, [...path, index], errors),
      )
      return items.includes(BROKEN) ? null : items
    }
    if (fields.size === 0 && !hasPlaceholder(value)) return value
    const settled = settleObject(value as Record<string, unknown>, fields, path, errors)
    return settled === BROKEN ? null : settled
  }

  function settleObject(
    object: Record<string, unknown>,
    fields: Shape['fields'],
    path: Path,
    errors: GraphQLError[],
  ): unknown {
    const settled: Record<string, unknown> = {}
    let broken = false
    for (const [key, value] of Object.entries(object)) {
      const field = denied.get(key)
      if (field) {
        // The same key may have been allowed on this very type; what was asked for and allowed stays.
        if (field.responseKey in object) continue
        errors.push(refusalError(field.refusal, [...path, field.responseKey]))
        settled[field.responseKey] = null
        broken ||= field.nonNull
        continue
      }
      const shape = fields.get(key)
      settled[key] = shape ? settle(value, shape.type, shape.fields, [...path, key], errors) : value
      broken ||= settled[key] === BROKEN
    }
    return broken ? BROKEN : settled
  }

  function hasPlaceholder(value: unknown): boolean {
    return typeof value === 'object' && value !== null && Object.keys(value).some((key) => denied.has(key))
  }
}
