import type { Connection, PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import type { Deps } from '../deps.ts'
import { type Device, deviceOf } from './devices.ts'
import type { SignInMethod } from './open-session.ts'
import { listSessions, type SessionRow } from './session-store.ts'

/** A session as its owner sees it. */
export interface SessionView {
  id: string
  signedInBy: SignInMethod | null
  device: Device | null
  place: string | null
  createdAt: Date
  lastSeenAt: Date
  expiresAt: Date
  endedAt: Date | null
  /** Whether it is the one that asks. */
  current: boolean
}

export type SessionViewConnection = Connection<SessionView>

/** The viewer's own sessions that are open, newest first. @throws BadUserInput for wrong paging. */
export async function readMySessions(
  deps: Pick<Deps, 'db' | 'sessionMaxSeconds'>,
  viewer: Viewer,
  args: PageArgs,
): Promise<SessionViewConnection> {
  const { edges, ...page } = await listSessions(deps.db, deps, viewer.id, args)
  return { ...page, edges: edges.map(({ cursor, node }) => ({ cursor, node: viewSession(viewer, node) })) }
}

export const viewSession = (viewer: Viewer, session: SessionRow): SessionView => {
  const { id, signedInBy, userAgent, network, createdAt, lastSeenAt, expiresAt, revokedAt } = session
  return {
    id,
    signedInBy: signedInBy as SignInMethod | null,
    device: deviceOf(userAgent),
    place: network,
    createdAt,
    lastSeenAt: lastSeenAt ?? createdAt,
    expiresAt,
    endedAt: revokedAt,
    current: id === viewer.sessionId,
  }
}
