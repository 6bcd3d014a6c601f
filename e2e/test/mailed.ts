import { createSealer } from '@karcis/kit/sealing'
import { eventually } from '@karcis/testkit/eventually'
import pg from 'pg'
import { KEY_ENCRYPTION_SECRET, type Karcis } from './karcis.ts'

/** The token in the newest mail of a kind that waits for an address to be sent: nothing is set here by which it would be. */
export async function mailed(karcis: Karcis, email: string, kind: string): Promise<string> {
  const database = new pg.Client(karcis.databases.user)
  await database.connect()
  try {
    return await eventually(async () => {
      const { rows } = await database.query(
        `SELECT secret FROM deliveries JOIN notifications told ON told.id = notification_id
         WHERE address = $1 AND kind = $2 AND secret IS NOT NULL ORDER BY seq DESC LIMIT 1`,
        [email, kind],
      )
      if (!rows[0]) throw new Error(`${email} is mailed no ${kind}`)
      return createSealer(`messages ${KEY_ENCRYPTION_SECRET}`).unseal(rows[0].secret)
    })
  } finally {
    await database.end()
  }
}
