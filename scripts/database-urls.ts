import { join } from 'node:path'
import { databaseName, databaseSetting } from '@karcis/infra/migrate'
import { findPostgres } from '@karcis/infra/postgres'
import { SetupError } from '@karcis/infra/setup'
import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'

/**
 * Where databases are: where their *_DATABASE_URL settings say, and for the rest in a running `npm start`.
 * @throws SetupError when there is none, naming the settings.
 */
export function databaseUrls<Name extends SubgraphName>(
  names: readonly Name[],
  dataDir: string,
): Record<Name, string> {
  const given = names.map((name) => [name, process.env[databaseSetting(name)]] as const)
  const missing = given.filter(([, url]) => !url).map(([name]) => databaseSetting(name))
  const embedded = missing.length > 0 ? findPostgres(join(dataDir, 'postgres')) : undefined
  if (missing.length > 0 && !embedded)
    throw new SetupError(`No \`npm start\` runs on ${dataDir}: start it, or set ${missing.join(', ')}.`)
  return Object.fromEntries(
    given.map(([name, url]) => [name, url || embedded?.(databaseName(name))]),
  ) as Record<Name, string>
}
