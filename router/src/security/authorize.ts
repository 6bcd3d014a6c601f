import { DOOR_ROLE } from '@karcis/kit/contracts/tokens'
import type { Bearer } from '@karcis/kit/service-token'
import {
  type DocumentNode,
  type FieldNode,
  getNamedType,
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLSchema,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import type { AccessRules, Check } from './access-rules.ts'

/** All that the access rules look at of a viewer; null for people who are not signed in. */
export type Role = Bearer['role'] | null

export type Refusal = 'UNAUTHENTICATED' | 'FORBIDDEN'

/** A field that was taken out of an operation. */
export interface DeniedField {
  responseKey: string
  refusal: Refusal
  nonNull: boolean
}

export interface AuthorizedDocument {
  document: DocumentNode
  /** By the name of the placeholder that replaces the field. */
  denied: Map<string, DeniedField>
}

const SCOPES: Record<Bearer['role'], string[]> = {
  ADMIN: ['admin', 'organizer', 'customer'],
  ORGANIZER: ['organizer', 'customer'],
  CUSTOMER: ['customer'],
  /** Somebody who buys without an account: what asks for no more than a viewer is open to them. */
  GUEST: [],
  /** A scanner is no person: it may do what is open to scanners, and what is open to everybody. */
  DOOR: ['door'],
}

const PLACEHOLDER = 'karcisDenied'

/**
 * Takes every field that `role` may not see out of a valid document, before anything is planned or fetched.
 * It is replaced by `karcisDenied0: __typename`, so that the executor itself finds out where the field would have
 * occurred, through fragments, type conditions, lists and @skip; `createSettler` turns each into null and an error.
 */
export function authorize(
  document: DocumentNode,
  schema: GraphQLSchema,
  rules: AccessRules,
  role: Role,
): AuthorizedDocument {
  const denied = new Map<string, DeniedField>()
  if (rules.size === 0) return { document, denied }
  const types = new TypeInfo(schema)
  const placeholders = new Map<string, string>()

  function refuse(node: FieldNode): FieldNode | undefined {
    const parent = types.getParentType()
    const field = types.getFieldDef()
    if (!parent || !field || field.name === '__typename') return undefined
    const refusal = refusalOf(checksOf(parent, field, schema, rules), role)
    if (!refusal) return undefined
    const entry = {
      responseKey: node.alias?.value ?? node.name.value,
      refusal,
      nonNull: isNonNullType(field.type),
    }
    const identity = JSON.stringify(entry)
    const placeholder = placeholders.get(identity) ?? `${PLACEHOLDER}${placeholders.size}`
    placeholders.set(identity, placeholder)
    denied.set(placeholder, entry)
    return {
      kind: Kind.FIELD,
      alias: { kind: Kind.NAME, value: placeholder },
      name: { kind: Kind.NAME, value: '__typename' },
      directives: node.directives,
    }
  }

  const authorized = visit(document, visitWithTypeInfo(types, { Field: { enter: refuse } }))
  return { document: authorized, denied }
}

/**
 * All that a field demands: its own checks, those of the type that it is on and of its own type. On an interface also those of
 * every implementation, because the object may be any of them.
 */
function checksOf(
  parent: GraphQLNamedType,
  field: GraphQLField<unknown, unknown>,
  schema: GraphQLSchema,
  rules: AccessRules,
): Check[] {
  const checksAt = ({ name }: GraphQLNamedType): Check[] => [
    ...(rules.get(name) ?? []),
    ...(rules.get(`${name}.${field.name}`) ?? []),
  ]
  const ofParent = checksAt(parent)
  if (isInterfaceType(parent)) {
    const { interfaces, objects } = schema.getImplementations(parent)
    ofParent.push(...[...interfaces, ...objects].flatMap(checksAt))
  } else if (isObjectType(parent)) {
    ofParent.push(...parent.getInterfaces().flatMap((type) => unclaimed(type, checksAt, schema)))
  }
  return [...ofParent, ...(rules.get(getNamedType(field.type).name) ?? [])]
}

/**
 * What an interface demands and none of its objects does. Composition copies what objects demand up to their interface,
 * where it says nothing about the other objects; what only the interface demands was meant for all.
 */
function unclaimed(
  type: GraphQLInterfaceType,
  checksAt: (type: GraphQLNamedType) => Check[],
  schema: GraphQLSchema,
): Check[] {
  const claimed = new Set(
    schema
      .getPossibleTypes(type)
      .flatMap(checksAt)
      .map((check) => JSON.stringify(check)),
  )
  return checksAt(type).filter((check) => !claimed.has(JSON.stringify(check)))
}

/** Why a role may not pass the checks; null when it may. */
function refusalOf(checks: Check[], role: Role): Refusal | null {
  if (checks.length === 0) return null
  if (!role) return 'UNAUTHENTICATED'
  return checks.every((check) => passes(check, role)) ? null : 'FORBIDDEN'
}

function passes(check: Check, role: Bearer['role']): boolean {
  if (check.kind === 'authenticated') return role !== DOOR_ROLE
  if (check.kind === 'scopes')
    return check.anyOf.some((all) => all.every((scope) => SCOPES[role].includes(scope)))
  return false
}
