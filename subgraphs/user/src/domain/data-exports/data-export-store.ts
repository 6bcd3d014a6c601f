import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { newId } from '@karcis/kit/ids'
import type { DataExport as PersonalExport } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'

export type { PersonalExport }

/** How long a file can be fetched. */
const LIFE_HOURS = 24

/** The last one that somebody has asked for and can still be had; null when there is none. */
export async function findDataExportOf(db: Db | Tx, userId: string): Promise<PersonalExport | null> {
  const [row] = await db.$queryRaw<PersonalExport[]>`
    SELECT id::text AS id, user_id::text AS "userId", requested_at AS "requestedAt", ready_at AS "readyAt", expires_at AS "expiresAt"
    FROM data_exports WHERE user_id = ${userId}::uuid AND (expires_at IS NULL OR expires_at > now()) ORDER BY id DESC LIMIT 1`
  return row ?? null
}

/** One by its id; null when it is gone, or its time is over. */
export async function findDataExport(db: Db | Tx, id: string): Promise<PersonalExport | null> {
  const [row] = await db.$queryRaw<PersonalExport[]>`
    SELECT id::text AS id, user_id::text AS "userId", requested_at AS "requestedAt", ready_at AS "readyAt", expires_at AS "expiresAt"
    FROM data_exports WHERE id = ${id}::uuid AND (expires_at IS NULL OR expires_at > now())`
  return row ?? null
}

/** The caller has locked the account, and seen that there is none under way. */
export const insertDataExport = (tx: Tx, userId: string): Promise<PersonalExport> =>
  tx.dataExport.create({ data: { id: newId(), userId } })

/** The parts that are there, by subgraph. */
export async function findParts(db: Db | Tx, exportId: string): Promise<Map<string, string>> {
  const parts = await db.dataExportPart.findMany({ where: { exportId } })
  return new Map(parts.map(({ subgraph, content }) => [subgraph, content]))
}

/** Keeps a part, the first time that it comes. Of an export that is gone meanwhile nothing is kept. */
export async function insertPart(
  tx: Tx,
  exportId: string,
  subgraph: SubgraphName,
  content: string,
): Promise<void> {
  await tx.$executeRaw`INSERT INTO data_export_parts (export_id, subgraph, content)
    SELECT id, ${subgraph}, ${content} FROM data_exports WHERE id = ${exportId}::uuid FOR KEY SHARE
    ON CONFLICT DO NOTHING`
}

/** Says that all parts are there. @returns it; null when it was said before, or it is gone. */
export async function moveDataExportToReady(tx: Tx, id: string): Promise<PersonalExport | null> {
  const moved = await tx.$executeRaw`UPDATE data_exports
    SET ready_at = now(), expires_at = now() + make_interval(hours => ${LIFE_HOURS}::int)
    WHERE id = ${id}::uuid AND ready_at IS NULL`
  return moved === 1 ? findDataExport(tx, id) : null
}

/** Those that wait for a part although their job should be done: some at once. */
export async function listUnfinishedExports(db: Db, limit: number): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`SELECT id::text AS id FROM data_exports
    WHERE ready_at IS NULL AND requested_at < now() - interval '1 minute' ORDER BY requested_at LIMIT ${limit}`
  return rows.map(({ id }) => id)
}

/** With all their parts. */
export async function deleteDataExportsOf(tx: Tx, userId: string): Promise<void> {
  await tx.dataExport.deleteMany({ where: { userId } })
}

/** What this subgraph keeps of a person, as JSON: no passwords, tokens, or anything that stands for one. */
export async function findPersonalData(db: Db, userId: string): Promise<string> {
  const [row] = await db.$queryRaw<{ part: string }[]>`SELECT json_build_object(
    'account', (SELECT to_json(a) FROM (SELECT id, email, guest_email, name, phone_number, address, avatar_url, role, language, timezone,
      email_verified_at, suspended_at, suspension_reason, created_at FROM users WHERE id = ${userId}::uuid) a),
    'boughtAsGuest', (SELECT coalesce(json_agg(g ORDER BY g.created_at), '[]') FROM (SELECT id, guest_email, name, created_at, guest_claimed_at
      FROM users WHERE guest_claimed_by = ${userId}::uuid) g),
    'emailChanges', (SELECT coalesce(json_agg(c ORDER BY c.created_at), '[]') FROM (SELECT old_email, new_email, created_at, done_at
      FROM email_changes WHERE user_id = ${userId}::uuid) c),
    'sessions', (SELECT coalesce(json_agg(s ORDER BY s.created_at), '[]') FROM (SELECT id, created_at, expires_at, revoked_at, signed_in_by,
      user_agent, network, last_seen_at, authenticated_at, amr FROM sessions WHERE user_id = ${userId}::uuid) s),
    'authenticatorApp', (SELECT to_json(t) FROM (SELECT created_at, confirmed_at FROM totp_factors WHERE user_id = ${userId}::uuid) t),
    'recoveryCodesLeft', (SELECT count(*) FROM recovery_codes WHERE user_id = ${userId}::uuid),
    'passkeys', (SELECT coalesce(json_agg(k ORDER BY k.created_at), '[]') FROM (SELECT id, name, transports, synced, created_at, last_used_at
      FROM passkeys WHERE user_id = ${userId}::uuid) k),
    'linkedAccounts', (SELECT coalesce(json_agg(i ORDER BY i.linked_at), '[]') FROM (SELECT issuer, subject, email, linked_at
      FROM identities WHERE user_id = ${userId}::uuid) i),
    'googleCalendar', (SELECT to_json(c) FROM (SELECT email, connected_at FROM google_calendars WHERE user_id = ${userId}::uuid) c),
    'organizerProposals', (SELECT coalesce(json_agg(p ORDER BY p.created_at), '[]') FROM (SELECT id, name, category, description, location,
      status, message, created_at, reviewed_at FROM organizer_proposals WHERE user_id = ${userId}::uuid) p),
    'files', (SELECT coalesce(json_agg(u ORDER BY u.created_at), '[]') FROM (SELECT id, purpose, state, content_type, size, created_at,
      CASE WHEN state = 'READY' AND width IS NOT NULL THEN '/files/' || key || '/' || width END AS url
      FROM uploads WHERE owner_id = ${userId}::uuid) u),
    'organizerProfile', (SELECT to_json(o) FROM (SELECT slug, name, about, website, links, verified_at, created_at, updated_at
      FROM organizer_profiles WHERE user_id = ${userId}::uuid) o),
    'organizerAddresses', (SELECT coalesce(json_agg(s ORDER BY s.claimed_at), '[]') FROM (SELECT slug, claimed_at
      FROM organizer_slugs WHERE organizer_id = ${userId}::uuid) s),
    'reports', (SELECT coalesce(json_agg(r ORDER BY r.created_at), '[]') FROM (SELECT id, kind, subject_id, reason, status, message, created_at,
      decided_at FROM content_reports WHERE reporter_id = ${userId}::uuid) r),
    'wishlist', (SELECT coalesce(json_agg(w ORDER BY w.added_at), '[]') FROM (SELECT event_id, added_at
      FROM wishlist_items WHERE user_id = ${userId}::uuid) w),
    'follows', (SELECT coalesce(json_agg(f ORDER BY f.followed_at), '[]') FROM (SELECT organizer_id, followed_at
      FROM follows WHERE user_id = ${userId}::uuid) f),
    'notificationPreferences', (SELECT coalesce(json_agg(w ORDER BY w.kinds, w.channel), '[]') FROM (SELECT kinds, channel, enabled
      FROM notification_switches WHERE user_id = ${userId}::uuid) w),
    'campaigns', (SELECT coalesce(json_agg(c ORDER BY c.created_at), '[]') FROM (SELECT id, event_id, audience, subject, body, created_at, stopped_at
      FROM campaigns WHERE organizer_id = ${userId}::uuid) c),
    'pushSubscriptions', (SELECT coalesce(json_agg(b ORDER BY b.registered_at), '[]') FROM (SELECT id, service, user_agent, registered_at
      FROM push_subscriptions WHERE user_id = ${userId}::uuid) b),
    'verifiedPhone', (SELECT to_json(v) FROM (SELECT number, verified_at FROM verified_phones WHERE user_id = ${userId}::uuid) v),
    'quietHours', (SELECT to_json(q) FROM (SELECT starts, ends FROM quiet_hours WHERE user_id = ${userId}::uuid) q),
    'notifications', (SELECT coalesce(json_agg(n ORDER BY n.created_at), '[]') FROM (SELECT kind,
      CASE kind WHEN 'CAMPAIGN' THEN (SELECT facts FROM campaigns WHERE campaigns.id = (data->>'campaignId')::uuid) ELSE data END AS data, created_at, read_at
      FROM notifications WHERE user_id = ${userId}::uuid) n),
    'auditLog', (SELECT coalesce(json_agg(l ORDER BY l.at), '[]') FROM (SELECT e.at, e.action, e.code AS refused_with, a.address
      FROM audit_entries e LEFT JOIN audit_addresses a ON a.entry_id = e.id WHERE e.actor_id = ${userId}::uuid) l)
  )::text AS part`
  return row?.part ?? '{}'
}
