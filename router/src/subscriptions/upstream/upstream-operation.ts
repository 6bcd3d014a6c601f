import type { Schema } from '@apollo/federation-internals'
import type { FetchNode } from '@apollo/query-planner'
import {
  type ArgumentNode,
  type ExecutionResult,
  type FieldNode,
  Kind,
  type NameNode,
  type OperationDefinitionNode,
  parse,
  parseType,
  print,
  type SelectionSetNode,
  valueFromASTUntyped,
  visit,
} from 'graphql'
import type { PreparedOperation } from '../../planning/prepare.ts'

/** The operation that is run upstream; it can resume where it was cut off when the subgraph's schema allows that. */
export interface UpstreamOperation {
  query: string
  /** The response key of the field whose events these are. */
  field: string
  /**
   * A revision before all others, to resume from when none is known: everything comes again, which is more than was missed and
   * never less. Undefined where an operation can only start from now.
   */
  origin: unknown
  /** What the client says it has seen; null or undefined for nothing. */
  sinceOf(given: Record<string, unknown>): unknown
  /** @param since the revision to start after; undefined to start from now. */
  variables(given: Record<string, unknown>, since: unknown): Record<string, unknown>
  revisionOf(event: ExecutionResult): unknown
  /** Whether an event says that it is all there is, to replace what the client has. */
  isSnapshot(event: ExecutionResult): boolean
  /** The client's variable that says what it has seen, and nothing else. */
  sinceVariable?: string | undefined
}

/** The argument of a subscription for the last revision that its client has, and the field of its events with theirs. */
const SINCE = 'sinceRevision'
const REVISION = 'revision'
/** The field that says whether an event is all there is, to replace what the client has. */
const SNAPSHOT = 'snapshot'

/** Revisions that are numbers rise from 0. */
const NUMBERED = /^(Int|Float)!?$/

const SINCE_VARIABLE = 'karcisSince'
const REVISION_ALIAS = 'karcisRevision'
const SNAPSHOT_ALIAS = 'karcisSnapshot'

type Client = Pick<PreparedOperation['context'], 'operation' | 'fragments'>

/**
 * @param schema of the subgraph that the fetch goes to.
 * @param client what the client asked for.
 */
export function upstreamOperation(
  fetch: FetchNode,
  schema: Schema | undefined,
  client: Client,
): UpstreamOperation {
  const [operation] = parse(fetch.operation, { noLocation: true }).definitions as [OperationDefinitionNode]
  // A planned fetch of events has one field, and no fragment around it.
  const [root] = operation.selectionSet.selections as [FieldNode]
  const field = root.alias?.value ?? root.name.value
  return (
    resumable(fetch, schema, client, { operation, root, field }) ?? {
      query: fetch.operation,
      field,
      origin: undefined,
      sinceOf: () => undefined,
      variables: pick(fetch.variableUsages),
      revisionOf: () => undefined,
      isSnapshot: () => false,
    }
  )
}

/** Makes the last seen revision a variable, and selects the revision of each event, whatever the client selected. */
function resumable(
  fetch: FetchNode,
  schema: Schema | undefined,
  client: Client,
  { operation, root, field }: { operation: OperationDefinitionNode; root: FieldNode; field: string },
): UpstreamOperation | null {
  if (!root.selectionSet) return null
  const definition = schema?.schemaDefinition.rootType('subscription')?.field(root.name.value)
  const sinceType = definition?.argument(SINCE)?.type
  const eventType = definition?.type && schema?.type(String(definition.type).replace(/[![\]]/g, ''))
  if (!sinceType || eventType?.kind !== 'ObjectType' || !eventType.field(REVISION)) return null

  const saysSnapshot = eventType.field(SNAPSHOT) !== undefined
  const given = root.arguments?.find((argument) => argument.name.value === SINCE)?.value
  const rewritten: OperationDefinitionNode = {
    ...operation,
    selectionSet: { kind: Kind.SELECTION_SET, selections: [withRevision(root, saysSnapshot)] },
  }
  const used = usedVariables(rewritten)
  const variableDefinitions = [
    ...(operation.variableDefinitions ?? []).filter(({ variable }) => used.has(variable.name.value)),
    { kind: Kind.VARIABLE_DEFINITION, variable: sinceVariable, type: parseType(String(sinceType)) } as const,
  ]
  const sinceOf = (variables: Record<string, unknown>) => given && valueFromASTUntyped(given, variables)
  const eventOf = ({ data }: ExecutionResult) => data?.[field] as Record<string, unknown> | null | undefined
  const pickUsed = pick(fetch.variableUsages?.filter((name) => used.has(name)))

  return {
    query: print({ ...rewritten, variableDefinitions }),
    field,
    origin: NUMBERED.test(String(sinceType)) ? 0 : undefined,
    sinceOf,
    sinceVariable:
      given?.kind === Kind.VARIABLE && isUsedOnce(given.name.value, client) ? given.name.value : undefined,
    variables(variables, since) {
      // A null that was given is not the same as no value: the argument may have a default.
      const after = since ?? (sinceOf(variables) === null ? null : undefined)
      return { ...pickUsed(variables), ...(after !== undefined && { [SINCE_VARIABLE]: after }) }
    },
    revisionOf: (event) => eventOf(event)?.[REVISION_ALIAS],
    isSnapshot: (event) => eventOf(event)?.[SNAPSHOT_ALIAS] === true,
  }
}

const nameNode = (value: string): NameNode => ({ kind: Kind.NAME, value })

const sinceVariable = { kind: Kind.VARIABLE, name: nameNode(SINCE_VARIABLE) } as const

const sinceArgument: ArgumentNode = { kind: Kind.ARGUMENT, name: nameNode(SINCE), value: sinceVariable }

const withRevision = (root: FieldNode, saysSnapshot: boolean): FieldNode => ({
  ...root,
  arguments: [...(root.arguments ?? []).filter(({ name }) => name.value !== SINCE), sinceArgument],
  selectionSet: {
    kind: Kind.SELECTION_SET,
    selections: [
      { kind: Kind.FIELD, alias: nameNode(REVISION_ALIAS), name: nameNode(REVISION) },
      ...(saysSnapshot
        ? ([{ kind: Kind.FIELD, alias: nameNode(SNAPSHOT_ALIAS), name: nameNode(SNAPSHOT) }] as const)
        : []),
      ...(root.selectionSet?.selections ?? []),
    ],
  },
})

const usedVariables = ({ selectionSet }: OperationDefinitionNode): Set<string> => new Set(uses(selectionSet))

const isUsedOnce = (variable: string, { operation, fragments }: Client): boolean =>
  [operation, ...Object.values(fragments)]
    .flatMap(({ selectionSet }) => uses(selectionSet))
    .filter((name) => name === variable).length === 1

/** Names of variables, each as often as it is used. */
function uses(node: SelectionSetNode): string[] {
  const names: string[] = []
  visit(node, { Variable: ({ name }) => void names.push(name.value) })
  return names
}

const pick =
  (names: string[] = []) =>
  (variables: Record<string, unknown>): Record<string, unknown> =>
    Object.fromEntries(
      names.filter((name) => variables[name] !== undefined).map((name) => [name, variables[name]]),
    )
