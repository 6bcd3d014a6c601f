import { mapConstraintError } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import type { Db, Tx } from '../database.ts'
import { GoogleLinkedElsewhere, OtherGoogleLinked } from '../errors.ts'

/** An account at a provider, by that provider's own name for it. */
export interface ProviderAccount {
  issuer: string
  subject: string
}

/** Whose account an account at a provider opens; null for nobody's. */
export async function findIdentityOwner(
  db: Db | Tx,
  { issuer, subject }: ProviderAccount,
): Promise<string | null> {
  const found = await db.identity.findUnique({
    where: { issuer_subject: { issuer, subject } },
    select: { userId: true },
  })
  return found?.userId ?? null
}

/** The addresses of the accounts at a provider that open these people's accounts, by person. */
export async function findIdentityEmails(
  db: Db,
  issuer: string,
  userIds: readonly string[],
): Promise<Map<string, string>> {
  const found = await db.identity.findMany({
    where: { issuer, userId: { in: [...userIds] } },
    select: { userId: true, email: true },
  })
  return new Map(found.map(({ userId, email }) => [userId, email]))
}

const CONSTRAINT_ERRORS = {
  identities_issuer_subject_key: () => new GoogleLinkedElsewhere(),
  identities_user_id_issuer_key: () => new OtherGoogleLinked(),
}

/** Links an account at a provider with a person's. @throws GoogleLinkedElsewhere, OtherGoogleLinked, by the unique indexes alone. */
export async function insertIdentity(
  tx: Tx,
  identity: ProviderAccount & { userId: string; email: string },
): Promise<void> {
  await tx.identity
    .create({ data: { id: newId(), ...identity }, select: { id: true } })
    .catch((error) => mapConstraintError(error, CONSTRAINT_ERRORS))
}

/** Takes the link off. @returns its address; null when there is none. */
export async function deleteIdentity(tx: Tx, userId: string, issuer: string): Promise<string | null> {
  const [gone] = await tx.$queryRaw<{ email: string }[]>`DELETE FROM identities
    WHERE user_id = ${userId}::uuid AND issuer = ${issuer} RETURNING email`
  return gone?.email ?? null
}

/** Takes all links of a person off. */
export async function deleteIdentitiesOf(tx: Tx, userId: string): Promise<void> {
  await tx.identity.deleteMany({ where: { userId } })
}
