import { newId } from '@karcis/kit/ids'
import type { Tx } from '../database.ts'
import { notify } from '../notifications/notify.ts'
import type { FactorChange } from './factor-change.ts'
import type { UsedCode } from './use-code.ts'

/** Tells somebody what has become of what protects their account. @param name of the passkey that it is about. */
export const tellOfFactors = (
  tx: Tx,
  userId: string,
  change: FactorChange,
  name: string | null = null,
): Promise<void> =>
  notify(tx, [{ userId, kind: 'SECOND_FACTOR_CHANGED', cause: newId(), data: { change, name } }])

/** Tells somebody that one of their recovery codes was used; a code of their app is nothing out of the ordinary. */
export async function tellCodeUsed(tx: Tx, userId: string, used: UsedCode): Promise<void> {
  if (used === 'RECOVERY_CODE') await tellOfFactors(tx, userId, 'RECOVERY_CODE_USED')
}
