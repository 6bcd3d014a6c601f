import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SetupError } from '@karcis/infra/setup-error'

const SECRETS = ['SERVICE_SECRET', 'KEY_ENCRYPTION_SECRET', 'PASSWORD_PEPPER'] as const

type Secrets = Record<(typeof SECRETS)[number], string>

/** Given secrets are used as they are; in development those missing are made once and kept beside the data. */
export function readSecrets(env: NodeJS.ProcessEnv, dataDir: string, production: boolean): Secrets {
  const missing = SECRETS.filter((name) => !env[name])
  if (production && missing.length > 0) {
    throw new SetupError(
      missing.map((name) => `Setting ${name} is missing: production has no default for it.`).join('\n'),
    )
  }
  const kept = missing.length > 0 ? keptSecrets(join(dataDir, 'dev-secrets.json')) : {}
  return Object.fromEntries(SECRETS.map((name) => [name, env[name] || kept[name]])) as Secrets
}

function keptSecrets(file: string): Partial<Secrets> {
  const kept: Partial<Secrets> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  if (SECRETS.every((name) => kept[name])) return kept
  const complete = Object.fromEntries(
    SECRETS.map((name) => [name, kept[name] ?? randomBytes(32).toString('hex')]),
  )
  writeFileSync(file, `${JSON.stringify(complete, null, 2)}\n`, { mode: 0o600 })
  return complete
}
