import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { expect, it } from 'vitest'
import { PROVIDER_KEYS } from '../subgraphs/booking/src/env.ts'
import { platformProcesses } from './platform.ts'

const bySubgraph = <T>(value: (name: SubgraphName) => T) =>
  Object.fromEntries(SUBGRAPHS.map((name) => [name, value(name)])) as Record<SubgraphName, T>

/** Who may be given each secret; `npm start` has all of them in its own environment. */
const READERS: Record<string, string[]> = {
  SERVICE_SECRET: ['router', ...SUBGRAPHS],
  KEY_ENCRYPTION_SECRET: ['user', 'ticket', 'booking'],
  PASSWORD_PEPPER: ['user'],
  ...Object.fromEntries(PROVIDER_KEYS.map((key) => [key, ['booking']])),
  ADMIN_PASSWORD: ['user'],
  REDIS_URL: ['router', ...SUBGRAPHS],
  DATABASE_URL: [...SUBGRAPHS],
  USER_DATABASE_URL: [],
  USER_DATABASE_PASSWORD: [],
  POSTGRES_PASSWORD: [],
  REDIS_PASSWORD: [],
  PGPASSWORD: [],
  AWS_SECRET_ACCESS_KEY: [],
}

it('line 23: gives each process the secrets that it reads, and no other one', () => {
  const given = Object.fromEntries(Object.keys(READERS).map((name) => [name, 'a secret']))
  const processes = platformProcesses({
    routerPort: 4000,
    ports: bySubgraph(() => 4001),
    databaseUrls: bySubgraph((name) => `postgresql://127.0.0.1/karcis_${name}`),
    redisUrl: 'redis://127.0.0.1',
    env: { ...given, PATH: '/bin', NODE_OPTIONS: '--enable-source-maps', HOLD_SECONDS: '60' },
  }).flat()
  const readers = (setting: string) =>
    processes.filter(({ env }) => env[setting] !== undefined).map(({ name }) => name)
  for (const [secret, expected] of Object.entries(READERS)) expect(readers(secret), secret).toEqual(expected)
  expect(readers('HOLD_SECONDS')).toEqual(['ticket'])
  expect(readers('PATH')).toHaveLength(5)
  expect(readers('NODE_OPTIONS')).toHaveLength(5)
  for (const { name, env } of processes.slice(1))
    expect(env.DATABASE_URL).toBe(`postgresql://127.0.0.1/karcis_${name}`)
})
