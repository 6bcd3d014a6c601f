import { idSchema } from '@karcis/kit/ids'
import type { PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { instantSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { type AuditPage, listAuditEntries } from './audit-store.ts'

const filterSchema = z
  .object({
    actorId: idSchema.nullish(),
    action: z.string().min(1, 'must not be empty').max(100, 'is too long').nullish(),
    from: instantSchema.nullish(),
    to: instantSchema.nullish(),
  })
  .refine(({ from, to }) => !from || !to || from <= to, {
    path: ['to'],
    message: 'must not be before `from`',
  })

/** The audit log, newest first. Admins only. @throws Forbidden, BadUserInput */
export async function readAuditLog(
  { db }: Deps,
  viewer: Viewer,
  filter: unknown,
  args: PageArgs,
): Promise<AuditPage> {
  requireRole({ viewer }, 'ADMIN')
  const {
    actorId = null,
    action = null,
    from = null,
    to = null,
  } = parseInput(filterSchema, filter ?? {}, 'filter')
  return listAuditEntries(db, { actorId, action, from, to }, args)
}
