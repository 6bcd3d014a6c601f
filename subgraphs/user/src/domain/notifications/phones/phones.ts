import { randomInt } from 'node:crypto'
import { transaction } from '@karcis/kit/database'
import { BadUserInput, Conflict, Unauthenticated } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { lockAccount, updateAccount } from '../../accounts/account-store.ts'
import { fullView, type UserView } from '../../accounts/user-view.ts'
import type { Client } from '../../client.ts'
import type { Tx } from '../../database.ts'
import type { Deps } from '../../deps.ts'
import { WrongCode } from '../../errors.ts'
import { countAttempt, forgiveAttempt, trying } from '../../sessions/sign-in-limits.ts'
import type { AddressEnd } from '../channels/channel.ts'
import { notify } from '../notify.ts'
import { codeAttempt, typedAttempt } from './phone-limits.ts'
import {
  CODE_SECONDS,
  deletePhoneCode,
  deleteVerifiedPhone,
  upsertPhoneCode,
  upsertVerifiedPhone,
} from './phone-store.ts'

const DIGITS = 6

/** A number without what groups its digits; null where it does not begin with the code of a country. */
export function e164Of(text: string): string | null {
  const number = text.replaceAll(/[\s().-]/g, '')
  return /^\+[1-9]\d{6,14}$/.test(number) ? number : null
}

const numberSchema = z
  .string()
  .max(40)
  .transform(e164Of)
  .refine((number) => number !== null, 'must begin with + and the code of a country, as +62 812 3456 7890')

const codeSchema = z
  .string()
  .trim()
  .transform((code) => code.replaceAll(/[\s-]/g, ''))
  .pipe(z.string().regex(/^\d{6}$/, `must be the ${DIGITS} digits that were sent`))

/**
 * Sends a code to a phone number, by which the viewer shows that it is theirs. Only the newest code is good, for ten minutes, once.
 * @throws BadUserInput, also for countries that nothing is sent to; Conflict where no text messages are sent; TooManyAttempts, Unauthenticated
 */
export async function requestPhoneCode(
  deps: Deps,
  client: Client,
  viewer: Viewer,
  rawNumber: string,
): Promise<true> {
  if (!deps.channels.some(({ name }) => name === 'SMS'))
    throw new Conflict('No text messages are sent here: nobody has set it up.')
  const number = parseInput(numberSchema, rawNumber, 'phoneNumber')
  if (number === null || !deps.smsPrefixes.some((prefix) => number.startsWith(prefix)))
    throw new BadUserInput([
      {
        path: 'phoneNumber',
        message: `must begin with ${deps.smsPrefixes.join(' or ')}: nothing is sent elsewhere`,
      },
    ])
  await countAttempt(deps, codeAttempt(deps, client, viewer.id, number))
  const code = String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0')
  await transaction(deps.db, async (tx) => {
    if (!(await lockAccount(tx, viewer.id))) throw new Unauthenticated()
    await upsertPhoneCode(tx, viewer.id, number, deps.keyedHashes.phone(viewer.id, code))
    await notify(tx, [
      {
        userId: viewer.id,
        kind: 'PHONE_CODE',
        cause: newId(),
        data: { number },
        to: number,
        secret: deps.messageSealer.seal(code),
        until: new Date(Date.now() + CODE_SECONDS * 1_000),
      },
    ])
  })
  return true
}

/**
 * Takes the code that was sent to a number: that is the viewer's phone number from now on, and text messages go there.
 * @throws InvalidCredentials for a code that is not right, too old, or was used before; TooManyAttempts, BadUserInput, Unauthenticated
 */
export async function verifyPhone(deps: Deps, viewer: Viewer, rawCode: string): Promise<UserView> {
  const code = parseInput(codeSchema, rawCode, 'code')
  const attempt = typedAttempt(deps, viewer.id)
  return trying(deps, attempt, () =>
    transaction(deps.db, async (tx) => {
      if (!(await lockAccount(tx, viewer.id))) throw new Unauthenticated()
      const number = await deletePhoneCode(tx, viewer.id, deps.keyedHashes.phone(viewer.id, code))
      if (number === null) throw new WrongCode()
      await forgiveAttempt(tx, attempt)
      await upsertVerifiedPhone(tx, viewer.id, number)
      return fullView(await updateAccount(tx, viewer.id, { phoneNumber: number }))
    }),
  )
}

/** So many of its last digits say which number it was, and to nobody else. */
const ENDING = 4

/** Sends nothing to a number any more, and tells its owner so: also when it was never verified, as the code for it did not get there. */
export async function endPhone(
  tx: Tx,
  { id, userId, to }: { id: string; userId: string; to: string },
  reason: AddressEnd,
): Promise<void> {
  await deleteVerifiedPhone(tx, userId, to)
  await notify(tx, [{ userId, kind: 'PHONE_ENDED', cause: id, data: { ending: to.slice(-ENDING), reason } }])
}
