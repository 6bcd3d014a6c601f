import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { deleteRecoveryCode, findTotp, useTotpStep } from './factor-store.ts'
import { hashRecoveryCode } from './recovery-codes.ts'
import { stepOfCode } from './totp.ts'

/** By what a code was right. */
export type UsedCode = 'TOTP' | 'RECOVERY_CODE'

/**
 * Uses up a code of somebody's authenticator app, or one of their recovery codes.
 * @returns null when it is neither, or was used before; the transaction is then to be rolled back.
 */
export async function useCode(
  { keyedHashes, sealer }: Pick<Deps, 'keyedHashes' | 'sealer'>,
  tx: Tx,
  userId: string,
  code: string,
): Promise<UsedCode | null> {
  const digits = code.replaceAll(/[\s-]/g, '')
  if (!/^\d{6}$/.test(digits)) {
    const right = await deleteRecoveryCode(tx, userId, hashRecoveryCode(keyedHashes, userId, code))
    return right ? 'RECOVERY_CODE' : null
  }
  const totp = await findTotp(tx, userId, true)
  const step = totp && stepOfCode(sealer.unseal(totp.sealedSecret), digits, totp.now)
  return step !== null && (await useTotpStep(tx, userId, step)) ? 'TOTP' : null
}
