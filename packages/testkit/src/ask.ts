import { EVENTS_PATH } from '@karcis/kit/contracts/events'
import type { ServiceName, SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { newId } from '@karcis/kit/ids'
import { type Bearer, SERVICE_TOKEN_HEADER } from '@karcis/kit/service-token'
import { type GraphQLBody, gql, type Loose } from './gql.ts'
import { tokenOf } from './people.ts'

/** What a test sees of one answer. */
export interface Answer {
  data: Loose
  errors: NonNullable<GraphQLBody<unknown>['errors']>
  /** Of the first error. */
  code: string | undefined
  /** What the first error says beside its code. */
  facts: Loose
}

/** A subgraph that runs, and where. */
export interface Asked {
  name: SubgraphName
  url: string
}

/** One operation, as a process of the system sends it to a subgraph on behalf of the viewer. @param service which process. */
export async function ask(
  { name, url }: Asked,
  viewer: Bearer | null,
  document: string,
  variables: Record<string, unknown> = {},
  service: ServiceName = 'router',
): Promise<Answer> {
  const headers = { [SERVICE_TOKEN_HEADER]: await tokenOf(viewer, name, service) }
  const { body } = await gql(`${url}/graphql`, document, variables, headers)
  const { errors = [] } = body
  const { code, ...facts } = errors[0]?.extensions ?? {}
  return { data: body.data, errors, code, facts }
}

/** As `ask`, of what must succeed. @throws Error with what was refused. */
export async function mustAsk(...args: Parameters<typeof ask>): Promise<Loose> {
  const { data, errors } = await ask(...args)
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  return data
}

/** An event that another subgraph tells this one of, by the road that events take: signed, over HTTP. */
export async function tell(
  { name, url }: Asked,
  from: SubgraphName,
  event: { type: string; aggregateId: string; payload: unknown; id?: string },
): Promise<void> {
  const events = [{ id: newId(), occurredAt: new Date().toISOString(), ...event }]
  const response = await fetch(`${url}${EVENTS_PATH}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', [SERVICE_TOKEN_HEADER]: await tokenOf(null, name, from) },
    body: JSON.stringify({ events }),
  })
  if (response.status !== 200) throw new Error(`${event.type} was answered with ${response.status}`)
}
