import type { ServiceName, SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { newId } from '@karcis/kit/ids'
import { type Bearer, createServiceTokens, type ServiceTokens, type Viewer } from '@karcis/kit/service-token'

/** What the processes of a test know each other by. */
export const SERVICE_SECRET = 'a secret that all processes of a test share'

/** Nothing listens on the discard port: calls fail at once. */
export const NOBODY = 'http://127.0.0.1:9'

/** Somebody who has just signed in, as the subgraphs are told of them. */
export const person = ({ role = 'CUSTOMER' }: { role?: Viewer['role'] } = {}): Viewer => ({
  id: newId(),
  role,
  sessionId: newId(),
  authTime: Math.floor(Date.now() / 1000),
  amr: ['pwd'],
})

/** A scanner at the door, as the router passes it on. */
export const scanner = (id: string): Bearer => ({ id, role: 'DOOR', sessionId: id })

/** One for each process of the system: making one takes longer than signing with it. */
const tokens = new Map<ServiceName, ServiceTokens>()

/** What a process of the system sends along to `callee` on behalf of somebody; null: of nobody. @param service which process. */
export const tokenOf = (
  viewer: Bearer | null,
  callee: SubgraphName,
  service: ServiceName = 'router',
): Promise<string> => {
  const signing = tokens.get(service) ?? createServiceTokens(SERVICE_SECRET, service)
  tokens.set(service, signing)
  return signing.to(callee).sign(viewer)
}
