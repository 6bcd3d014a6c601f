import pg from 'pg'
import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { databaseName } from './migrate.ts'

const LOCK = 72707370 // starters that come at once change the server's roles one after the other

/** The account that a subgraph has on its server: it is called as its database is on the embedded one. */
export const databaseRole = (name: SubgraphName): string => databaseName(name)

/**
 * Gives a subgraph an account of its own, which reads and writes the rows of its database: it makes no tables, does not
 * touch the record of the migrations, and gets into no other database of the server. To be called again after each
 * migration: what is there already stays, its password becomes `password`.
 * @param ownerUrl the migrated database, as a superuser of a server that is ours alone.
 * @returns the URL of the database for the subgraph.
 */
export async function grantDatabase(name: SubgraphName, ownerUrl: string, password: string): Promise<string> {
  const role = databaseRole(name)
  const database = decodeURIComponent(new URL(ownerUrl).pathname.slice(1))
  const server = Object.assign(new URL(ownerUrl), { pathname: '/postgres' })
  await inTransaction(server.href, admit({ role, password, database }))
  await inTransaction(ownerUrl, rowsOnly(role))
  return Object.assign(new URL(ownerUrl), { username: role, password }).href
}

const { escapeIdentifier, escapeLiteral } = pg

/** What concerns the whole server: the role, and that nobody but it and superusers gets into the database. */
function admit({ role, password, database }: Record<'role' | 'password' | 'database', string>): string {
  const [account, own] = [escapeIdentifier(role), escapeIdentifier(database)]
  return `
    DO $$ BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${escapeLiteral(role)}) THEN CREATE ROLE ${account}; END IF;
    END $$;
    ALTER ROLE ${account} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
      PASSWORD ${escapeLiteral(password)};
    REVOKE ALL ON DATABASE ${own}, postgres, template1 FROM PUBLIC;
    GRANT CONNECT ON DATABASE ${own} TO ${account};`
}

/**
 * What concerns the database. The tables of graphile-worker have row security without a policy, which shuts out everybody
 * but their owner, so the role needs one.
 */
function rowsOnly(role: string): string {
  const account = escapeIdentifier(role)
  const schemas = 'public, kit, graphile_worker'
  return `
    GRANT USAGE ON SCHEMA ${schemas} TO ${account};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schemas} TO ${account};
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${schemas} TO ${account};
    REVOKE ALL ON kit._migrations, public._prisma_migrations, graphile_worker.migrations FROM ${account};
    GRANT SELECT ON graphile_worker.migrations TO ${account};
    DO $$ DECLARE shut regclass; BEGIN
      FOR shut IN
        SELECT oid FROM pg_class t WHERE relnamespace = 'graphile_worker'::regnamespace AND relrowsecurity
          AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.oid AND p.polname = 'subgraph')
      LOOP
        EXECUTE format('CREATE POLICY subgraph ON %s TO %I USING (true) WITH CHECK (true)', shut, ${escapeLiteral(role)});
      END LOOP;
    END $$;`
}

async function inTransaction(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url)
  client.on('error', () => undefined) // a lost connection fails the query that is under way
  await client.connect()
  try {
    await client.query(`BEGIN; SELECT pg_advisory_xact_lock(${LOCK}); ${sql} COMMIT`)
  } finally {
    await client.end() // with what has not been committed
  }
}
