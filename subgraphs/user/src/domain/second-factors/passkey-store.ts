import { mapConstraintError } from '@karcis/kit/database'
import { Conflict } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import { type Connection, idPage, newestFirst, type PageArgs } from '@karcis/kit/pagination'
import type { Passkey } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'

export type { Passkey }

export type PasskeyConnection = Connection<Passkey>

const CONSTRAINT_ERRORS = {
  passkeys_credential_id_key: () => new Conflict('This passkey belongs to an account already.'),
}

/** @throws Conflict when the credential is known: the unique index decides. */
export const insertPasskey = (
  tx: Tx,
  data: Pick<Passkey, 'userId' | 'credentialId' | 'signCount' | 'transports' | 'synced' | 'name'> & {
    publicKey: Uint8Array<ArrayBuffer>
  },
): Promise<Passkey> =>
  tx.passkey
    .create({ data: { id: newId(), ...data } })
    .catch((error) => mapConstraintError(error, CONSTRAINT_ERRORS))

/** A passkey, by the authenticator's name for it. */
export const findPasskey = (db: Db | Tx, credentialId: string): Promise<Passkey | null> =>
  db.passkey.findUnique({ where: { credentialId } })

/** All passkeys of a person; they have twenty at most. */
export const findPasskeysOf = (db: Db | Tx, userId: string): Promise<Passkey[]> =>
  db.passkey.findMany({ where: { userId }, orderBy: { id: 'asc' } })

/**
 * Notes a use. The authenticator's count only goes up: where it does not, there are two of it.
 * @returns false when it did not; of any number of answers with one count, one moves it.
 */
export async function moveSignCount(tx: Tx, id: string, count: number, synced: boolean): Promise<boolean> {
  const moved = await tx.$executeRaw`UPDATE passkeys
    SET sign_count = ${count}::bigint, last_used_at = now(), synced = ${synced}
    WHERE id = ${id}::uuid AND (sign_count < ${count}::bigint OR (sign_count = 0 AND ${count}::bigint = 0))`
  return moved === 1
}

/** @returns its name, null when the person has none such. */
export async function deletePasskey(tx: Tx, userId: string, id: string): Promise<string | null> {
  const [deleted] = await tx.$queryRaw<{ name: string }[]>`DELETE FROM passkeys
    WHERE id = ${id}::uuid AND user_id = ${userId}::uuid RETURNING name`
  return deleted?.name ?? null
}

const PASSKEYS = newestFirst<Passkey>('passkeys')

/** A page of a person's passkeys, newest first. @throws BadUserInput for wrong paging. */
export const listPasskeys = (db: Db, userId: string, args: PageArgs): Promise<PasskeyConnection> =>
  PASSKEYS.read(args, {
    rows(page) {
      const { where: onPage, ...order } = idPage(page)
      return db.passkey.findMany({ where: { AND: [{ userId }, onPage] }, ...order })
    },
    count: () => db.passkey.count({ where: { userId } }),
  })
