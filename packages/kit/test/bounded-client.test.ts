import { createTestDatabase } from '@karcis/testkit/database'
import { expect, it } from 'vitest'
import { BoundedClient } from '../src/database/bounded-client.ts'

it('line 26: a connection that is lost while nobody listens ends nothing but itself', async () => {
  await using database = await createTestDatabase('user')
  const lost = new BoundedClient({ connectionString: database.url })
  const beside = new BoundedClient({ connectionString: database.url })
  await Promise.all([lost.connect(), beside.connect()])
  const { rows } = await lost.query('SELECT pg_backend_pid() AS pid')
  const ended = new Promise<void>((resolve) => lost.once('end', resolve))
  await beside.query('SELECT pg_terminate_backend($1)', [rows[0].pid])
  await ended // without the guard, a listener of its own, the process of this test would be gone by now
  await expect(lost.query('SELECT 1')).rejects.toThrow(/not queryable|terminated|closed/)
  await beside.end()
})
