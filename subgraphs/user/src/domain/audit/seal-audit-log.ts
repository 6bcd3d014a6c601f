import { linkHash, NO_LINK } from '@karcis/kit/audit-chain'
import { transaction } from '@karcis/kit/database'
import { keepLooking, type Lookout } from '@karcis/kit/lookout'
import type { Deps } from '../deps.ts'
import { findLastLink, insertLinks, listPending, type NewLink } from './audit-store.ts'

/** Links of one transaction. */
const BATCH = 500
/** Between two looks for entries: so long the newest ones are not protected by the chain. */
const LOOK_MS = 1_000

/** Another process was quicker. */
class Overtaken extends Error {}

/**
 * Chains what is not chained yet, one batch. Who writes entries does not wait for this, and of any number of processes that do it at once one goes on
 * where the chain ends: the number of a link is a primary key. @returns how many it has chained.
 */
export async function sealAuditLog({ db }: Pick<Deps, 'db'>): Promise<number> {
  try {
    return await transaction(db, async (tx) => {
      const entries = await listPending(tx, BATCH)
      if (entries.length === 0) return 0
      let { seq, hash } = (await findLastLink(tx)) ?? { seq: 0n, hash: NO_LINK }
      const links = entries.map((entry): NewLink => {
        seq += 1n
        hash = linkHash(seq, hash, entry)
        return { seq, entryId: entry.id, hash }
      })
      if (!(await insertLinks(tx, links))) throw new Overtaken()
      return links.length
    })
  } catch (error) {
    if (error instanceof Overtaken) return 0
    throw error
  }
}

/** Chains entries for as long as the process lives. Any number of processes may. */
export const keepSealing = (deps: Pick<Deps, 'db' | 'log'>): Lookout =>
  keepLooking(
    async (closing) => {
      while ((await sealAuditLog(deps)) === BATCH && !closing.aborted);
      return LOOK_MS
    },
    { soonMs: 0, idleMs: LOOK_MS, log: deps.log, failed: 'the audit log cannot be chained' },
  )
