import type { ServiceName, SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { newId } from '@karcis/kit/ids'
import { type Bearer, createServiceTokens, type Viewer } from '@karcis/kit/service-token'

/** What the processes of a test know each other by. */
export const SERVICE_SECRET = 'a secret that all processes of a test share'

/** Nothing listens on the discard port: calls fail at once. */
export const NOBODY = 'http://127.0.0.1:9'

/** Somebody who is signed in, as the subgraphs are told of them. */
export const person = ({ role = 'CUSTOMER' }: { role?: Viewer['role'] } = {}): Viewer => ({
  id: newId(),
  role,
  sessionId: newId(),
})

/** A scanner at the door, as the router passes it on. */
export const scanner = (id: string): Bearer => ({ id, role: 'DOOR', sessionId: id })

/** What a process of the system sends along to `callee` on behalf of somebody; null: of nobody. @param service which process. */
export const tokenOf = (
  viewer: Bearer | null,
  callee: SubgraphName,
  service: ServiceName = 'router',
): Promise<string> => createServiceTokens(SERVICE_SECRET, service).to(callee).sign(viewer)
