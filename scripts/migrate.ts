import { grantDatabase } from '@karcis/infra/database-role'
import { createDatabases } from '@karcis/infra/postgres'
import { databaseSetting, migrate } from '@karcis/infra/migrate'
import { SetupError } from '@karcis/infra/setup'
import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'

/**
 * Creates and migrates the databases that the *_DATABASE_URL settings name; any number may do so at once. A subgraph whose
 * *_DATABASE_PASSWORD is given gets a role of its own with it: for a server that is the platform's alone.
 */
async function main(): Promise<void> {
  const missing = SUBGRAPHS.map(databaseSetting).filter((setting) => !process.env[setting])
  if (missing.length > 0)
    throw new SetupError(missing.map((setting) => `Setting ${setting} is missing.`).join('\n'))
  for (const name of SUBGRAPHS) {
    const url = new URL(process.env[databaseSetting(name)] ?? '')
    await migrateOne(name, url)
    const password = process.env[`${name.toUpperCase()}_DATABASE_PASSWORD`]
    if (password) await grantDatabase(name, url.href, password)
  }
}

async function migrateOne(name: SubgraphName, url: URL): Promise<void> {
  const log = (line: string) => console.log(`${name}: ${line}`)
  const applied = await migrate(name, url.href, { log }).catch(async (error: { code?: string }) => {
    if (error.code !== NO_SUCH_DATABASE) throw error
    const server = Object.assign(new URL(url), { pathname: '/postgres' })
    await createDatabases(server.href, [decodeURIComponent(url.pathname.slice(1))])
    return migrate(name, url.href, { log })
  })
  log(applied.length > 0 ? `applied ${applied.join(', ')}` : 'up to date')
}

const NO_SUCH_DATABASE = '3D000'

try {
  await main()
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error)
  process.exitCode = 1
}
