import { transaction } from '@karcis/kit/database'
import { Conflict } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import { requireStepUp } from '@karcis/kit/viewer'
import type { Deps } from '../deps.ts'
import { findFactors, isTwoFactor } from '../second-factors/factor-store.ts'
import { tellOfFactors } from '../second-factors/tell.ts'
import { lockOwnAccount, renewRecoveryCodes } from './second-factors.ts'

/** New recovery codes; the old ones are good for nothing any more. @throws StepUpRequired, Conflict, Unauthenticated */
export async function regenerateRecoveryCodes(deps: Deps, viewer: Viewer): Promise<string[]> {
  requireStepUp(viewer)
  return transaction(deps.db, async (tx) => {
    await lockOwnAccount(tx, viewer)
    if (!isTwoFactor(await findFactors(tx, viewer.id)))
      throw new Conflict('There is nothing to recover: set up a second factor first.')
    await tellOfFactors(tx, viewer.id, 'RECOVERY_CODES_REPLACED')
    return renewRecoveryCodes(deps, tx, viewer.id)
  })
}
