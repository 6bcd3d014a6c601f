import type { Cookies } from './contracts/browser.ts'
import type { ServiceName } from './contracts/subgraphs.ts'
import { Forbidden, Unauthenticated } from './errors.ts'
import type { Logger } from './log.ts'
import type { Caller, Viewer } from './service-token.ts'

/** What a subgraph knows of one request before it looks at the operation. */
export interface RequestScope extends Caller {
  requestId: string
  log: Logger
  /** The network address of the client, as the router saw it; a subgraph that asks another passes it on. */
  clientAddress?: string
  /** What the client calls itself; of mutations only. */
  userAgent?: string
  /** Of a browser that asked for cookies in place of tokens. */
  cookies?: Cookies
}

/** @throws Unauthenticated when nobody is signed in. */
export function requireViewer(scope: Pick<RequestScope, 'viewer'>): Viewer {
  if (!scope.viewer) throw new Unauthenticated()
  return scope.viewer
}

/** For what takes an account, which guests do not have. @throws Unauthenticated when nobody is signed in, Forbidden for guests. */
export function requireAccount(scope: Pick<RequestScope, 'viewer'>): Viewer {
  const viewer = requireViewer(scope)
  if (viewer.role === 'GUEST') {
    throw new Forbidden(
      'This takes an account. A guest has one once they have claimed what they bought, by its mail.',
    )
  }
  return viewer
}

/** @throws Unauthenticated, or Forbidden when the viewer has none of the roles. ADMIN passes always. */
export function requireRole(scope: Pick<RequestScope, 'viewer'>, ...roles: Viewer['role'][]): Viewer {
  const viewer = requireViewer(scope)
  if (viewer.role !== 'ADMIN' && !roles.includes(viewer.role)) {
    throw new Forbidden(`This needs the role ${[...roles, 'ADMIN'].join(' or ')}.`)
  }
  return viewer
}

/** @throws Forbidden unless the call comes from another process of the system rather than from a client. */
export function requireService(scope: RequestScope, ...services: ServiceName[]): void {
  if (!services.some((name) => name === scope.service)) throw new Forbidden('This is not for clients.')
}
