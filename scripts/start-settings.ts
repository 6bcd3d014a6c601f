import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { SetupError } from '@karcis/infra/setup'
import { databaseSetting } from '@karcis/infra/migrate'
import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { ROOT } from './paths.ts'
import { STOOD_IN, type StoodIn } from './stand-ins.ts'

const DEVELOPMENT_ADMIN = { email: 'admin@karcis.local', password: 'karcis-admin-1' }

/** Everything that `npm start` can be told. */
export interface StartSettings {
  readonly production: boolean
  readonly seed: boolean
  readonly dataDir: string
  readonly routerPort: number
  readonly ports: Readonly<Record<SubgraphName, number>>
  readonly webPort: number
  /** Of what stands in for payment providers and Google. */
  readonly standInPorts: Readonly<Record<StoodIn, number>>
  readonly postgresPort: number
  readonly redisPort: number
  /** Databases on servers of somebody else; those missing here live on the embedded one. */
  readonly databaseUrls: Readonly<Partial<Record<SubgraphName, string>>>
  readonly redisUrl: string | undefined
  /** How long a process may take to end after it was asked to. */
  readonly stopLimitMs: number
  readonly admin: { readonly email: string; readonly password: string } | undefined
}

/** Reads flags and environment; everything that is wrong is told together. */
export function readStartSettings(args: string[], env: NodeJS.ProcessEnv): StartSettings {
  const problems: string[] = []
  const flags = readFlags(args)
  const port = (name: string, fallback: number): number => {
    const value = env[name] ? Number(env[name]) : fallback
    if (Number.isInteger(value) && value > 0 && value < 65_536) return value
    problems.push(`Setting ${name} must be a port number, not "${env[name]}".`)
    return fallback
  }
  const url = (name: string, scheme: RegExp, example: string): string | undefined => {
    const value = env[name]
    if (!value || (URL.canParse(value) && scheme.test(value))) return value || undefined
    problems.push(`Setting ${name} must look like ${example}, not "${value}".`)
    return undefined
  }
  const databases = SUBGRAPHS.map((name) => {
    const setting = databaseSetting(name)
    return [name, url(setting, /^postgres(ql)?:/, 'postgresql://user:password@host:5432/database')] as const
  })
  const production = env.NODE_ENV === 'production'
  const routerPort = port('PORT', 4000)
  const ports = SUBGRAPHS.map(
    (name, index) => [name, port(`${name.toUpperCase()}_PORT`, routerPort + 1 + index)] as const,
  )
  const standInPorts = STOOD_IN.map(
    (name, index) =>
      [name, port(`STAND_IN_${name.toUpperCase()}_PORT`, routerPort + 1 + SUBGRAPHS.length + index)] as const,
  )
  const settings: StartSettings = {
    production,
    seed: !flags['no-seed'] && !production,
    dataDir: resolve(ROOT, flags.data),
    routerPort,
    ports: Object.fromEntries(ports) as Record<SubgraphName, number>,
    webPort: port('WEB_PORT', routerPort + 1 + SUBGRAPHS.length + STOOD_IN.length),
    standInPorts: Object.fromEntries(standInPorts) as Record<StoodIn, number>,
    postgresPort: port('POSTGRES_PORT', 54_330),
    redisPort: port('REDIS_PORT', 63_790),
    databaseUrls: Object.fromEntries(databases.filter(([, value]) => value !== undefined)),
    redisUrl: url('REDIS_URL', /^rediss?:/, 'redis://host:6379'),
    stopLimitMs: stopLimitMs(env),
    admin: readAdmin(env, production),
  }
  if (problems.length > 0) throw new SetupError(problems.join('\n'))
  return settings
}

function readFlags(args: string[]): { data: string; 'no-seed': boolean } {
  try {
    const { values } = parseArgs({
      args,
      options: { data: { type: 'string', default: '.data' }, 'no-seed': { type: 'boolean', default: false } },
    })
    return values
  } catch (error) {
    throw new SetupError(`${(error as Error).message} (usage: npm start -- [--no-seed] [--data DIR])`)
  }
}

/** Longer than it takes by its own settings, which it checks itself: these are what they are at most where nothing is set. */
function stopLimitMs({ DRAIN_SECONDS, STOP_SECONDS }: NodeJS.ProcessEnv): number {
  const [drain, stop] = [Number(DRAIN_SECONDS || 5), Number(STOP_SECONDS || 10)]
  return 1000 * ((drain || 0) + (stop || 0) + 5)
}

/** In production there is an admin only when both settings are given. */
function readAdmin(env: NodeJS.ProcessEnv, production: boolean): StartSettings['admin'] {
  const email = env.ADMIN_EMAIL || (production ? undefined : DEVELOPMENT_ADMIN.email)
  const password = env.ADMIN_PASSWORD || (production ? undefined : DEVELOPMENT_ADMIN.password)
  return email && password ? { email, password } : undefined
}

const SECRETS = ['SERVICE_SECRET', 'KEY_ENCRYPTION_SECRET', 'PASSWORD_PEPPER'] as const
/** What production can be without, and development has a use for: browsers subscribe to pushes with it. */
const PUSH_KEY = 'PUSH_PRIVATE_KEY'

type Kept = Record<(typeof SECRETS)[number] | typeof PUSH_KEY, string>
type Secrets = Record<(typeof SECRETS)[number], string> & Partial<Kept>

const MAKE: { readonly [Name in keyof Kept]: () => string } = {
  SERVICE_SECRET: newSecret,
  KEY_ENCRYPTION_SECRET: newSecret,
  PASSWORD_PEPPER: newSecret,
  PUSH_PRIVATE_KEY: newPushKey,
}
const MADE = Object.keys(MAKE) as (keyof Kept)[]

/** Given secrets are used as they are; in development those missing are made once and kept beside the data. */
export function readSecrets(env: NodeJS.ProcessEnv, dataDir: string, production: boolean): Secrets {
  const needed = production ? SECRETS : MADE
  const missing = needed.filter((name) => !env[name])
  if (production && missing.length > 0) {
    throw new SetupError(
      missing.map((name) => `Setting ${name} is missing: production has no default for it.`).join('\n'),
    )
  }
  const kept = missing.length > 0 ? keptSecrets(join(dataDir, 'dev-secrets.json')) : {}
  return Object.fromEntries(needed.map((name) => [name, env[name] || kept[name]])) as Secrets
}

function keptSecrets(file: string): Partial<Kept> {
  const kept: Partial<Kept> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  if (MADE.every((name) => kept[name])) return kept
  const complete = Object.fromEntries(MADE.map((name) => [name, kept[name] ?? MAKE[name]()]))
  writeFileSync(`${file}.new`, `${JSON.stringify(complete, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file) // never half of it: what they seal is lost without them
  return complete
}

function newSecret(): string {
  return randomBytes(32).toString('hex')
}

/** A private key of P-256, as VAPID has it. */
function newPushKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ format: 'jwk' }).d ?? ''
}
