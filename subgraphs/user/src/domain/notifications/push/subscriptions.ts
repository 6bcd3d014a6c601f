import { createPublicKey } from 'node:crypto'
import { transaction } from '@karcis/kit/database'
import { Conflict, NotFound, Unauthenticated } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import { targetProblem } from '@karcis/kit/outside/target'
import type { Connection, PageArgs } from '@karcis/kit/pagination'
import type { Sealer } from '@karcis/kit/sealing'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { lockAccount } from '../../accounts/account-store.ts'
import type { Client } from '../../client.ts'
import type { Deps } from '../../deps.ts'
import { type Device, deviceOf } from '../../sessions/devices.ts'
import { findSessionOf } from '../../sessions/session-store.ts'
import {
  deleteOldSubscriptions,
  deleteSubscription,
  listSubscriptions,
  type SubscriptionRow,
  upsertSubscription,
} from './subscription-store.ts'

/** More browsers than anybody uses; who registers another has the one forgotten that was registered longest ago. */
const MOST_SUBSCRIPTIONS = 20
const USER_AGENT_CHARACTERS = 300

/** Where a browser is reached, and what is encrypted for it with: as `PushSubscription.toJSON()` has it. */
const keysSchema = z.object({ endpoint: z.string(), p256dh: z.string(), auth: z.string() })

/** A browser as its person sees it. */
export interface SubscriptionView {
  id: string
  device: Device | null
  service: string
  registeredAt: Date
  /** Whether it was registered in the session that asks. */
  current: boolean
}

export type SubscriptionViewConnection = Connection<SubscriptionView>

const isPoint = (text: string): boolean => {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length !== 65 || bytes[0] !== 4) return false
  const [x, y] = [bytes.subarray(1, 33).toString('base64url'), bytes.subarray(33).toString('base64url')]
  try {
    createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x, y } })
    return true
  } catch {
    return false // on no such curve
  }
}

const isSecret = (text: string): boolean => Buffer.from(text, 'base64url').length === 16

/** @param loopback whether push services on this machine are allowed, with http too: outside of production. */
const registering = (loopback: boolean) =>
  z.object({
    endpoint: z.string().superRefine((text, context) => {
      const message = targetProblem(text, loopback)
      if (message !== null) context.addIssue({ code: 'custom', message })
    }),
    p256dh: z
      .string()
      .max(200)
      .refine(isPoint, 'must be a point of P-256 in base64url, as a browser gives it'),
    auth: z.string().max(100).refine(isSecret, 'must be 16 bytes in base64url, as a browser gives them'),
    userAgent: z.string().trim().max(USER_AGENT_CHARACTERS).nullish(),
  })

/**
 * Registers the browser that the viewer uses: from now on they are told there too. It belongs to whoever registers it last, and for as long as they stay signed in.
 * @throws BadUserInput, Conflict where no pushes are sent, Unauthenticated
 */
export async function registerSubscription(
  deps: Deps,
  client: Client,
  viewer: Viewer,
  input: unknown,
): Promise<SubscriptionView> {
  if (deps.push.publicKey === null) throw new Conflict('No pushes are sent here: nobody has set it up.')
  const { userAgent, ...keys } = parseInput(registering(deps.push.loopback), input)
  const sealed = deps.sealer.seal(JSON.stringify(keys))
  for (;;) {
    const row = await transaction(deps.db, async (tx) => {
      if (!(await lockAccount(tx, viewer.id))) throw new Unauthenticated()
      const registered = await upsertSubscription(tx, {
        userId: viewer.id,
        sessionId: viewer.sessionId,
        endpoint: keys.endpoint,
        sealed,
        userAgent: userAgent || client.userAgent?.slice(0, USER_AGENT_CHARACTERS) || null,
      })
      if (registered) await deleteOldSubscriptions(tx, viewer.id, MOST_SUBSCRIPTIONS)
      return registered
    })
    if (row) return viewSubscription(viewer, row)
    const session = await findSessionOf(deps.db, viewer.id, viewer.sessionId)
    if (!session || session.revokedAt) throw new Unauthenticated('This session has ended: sign in again.')
    // Otherwise somebody else has registered the same browser at this moment: now it is known as theirs.
  }
}

/** @throws BadUserInput for wrong paging. */
export async function readSubscriptions(
  { db }: Pick<Deps, 'db'>,
  viewer: Viewer,
  args: PageArgs,
): Promise<SubscriptionViewConnection> {
  const { edges, ...page } = await listSubscriptions(db, viewer.id, args)
  return {
    ...page,
    edges: edges.map(({ cursor, node }) => ({ cursor, node: viewSubscription(viewer, node) })),
  }
}

/** Tells the viewer nothing in a browser any more. @throws NotFound, BadUserInput */
export async function removeSubscription(
  { db }: Pick<Deps, 'db'>,
  viewer: Viewer,
  rawId: string,
): Promise<SubscriptionView> {
  const id = parseInput(idSchema, rawId, 'id')
  const row = await transaction(db, (tx) => deleteSubscription(tx, viewer.id, id))
  if (!row) throw new NotFound('push subscription', id)
  return viewSubscription(viewer, row)
}

/** Where a subscription is reached. @throws Error for what was sealed by another secret. */
export const openSubscription = (sealer: Sealer, sealed: Uint8Array): z.infer<typeof keysSchema> =>
  keysSchema.parse(JSON.parse(sealer.unseal(sealed)))

const viewSubscription = (
  viewer: Viewer,
  { id, sessionId, service, userAgent, registeredAt }: SubscriptionRow,
): SubscriptionView => ({
  id,
  device: deviceOf(userAgent),
  service,
  registeredAt,
  current: sessionId === viewer.sessionId,
})
