import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bookingSettings } from '@karcis/booking/env'
import { eventSettings } from '@karcis/event/env'
import { SUBGRAPHS } from '@karcis/kit/contracts/subgraphs'
import { ticketSettings } from '@karcis/ticket/env'
import { userSettings } from '@karcis/user/env'
import { describe, expect, it } from 'vitest'

const read = (file: string): string => readFileSync(join(import.meta.dirname, '../..', file), 'utf8')
const names = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, ...found]) => found.find(Boolean) ?? '')

/** The table of the README: what stands under "default" beside each setting. */
const TABLE = new Map(
  [...read('README.md').matchAll(/^\| (`[A-Z_`, ]+`) \| ([^|]+) \|/gm)].flatMap(
    ([, cell = '', standard = '']) =>
      names(cell, /`([A-Z_]+)`/g).map((name) => [name, standard.trim()] as const),
  ),
)
const EXAMPLE = names(read('.env.example'), /^#?([A-Z_]+)=/gm)
const COMPOSE = names(read('docker-compose.yml'), /\$\{([A-Z_]+)|^ +([A-Z_]+):$/gm)

/** What `npm start` and docker-compose.yml fill in by themselves, for each process. */
const WIRING = Object.fromEntries(
  SUBGRAPHS.map((name) => [`${name.toUpperCase()}_URL`, 'http://127.0.0.1:4001']),
)
const REQUIRED = {
  ...WIRING,
  NODE_ENV: 'development',
  PORT: '0',
  DATABASE_URL: 'postgresql://127.0.0.1/karcis',
  REDIS_URL: 'redis://127.0.0.1',
  SERVICE_SECRET: 'a secret between the processes of one test',
  KEY_ENCRYPTION_SECRET: 'seals the private keys of one test run',
  PASSWORD_PEPPER: 'pepper of one test',
}
/** What the four subgraphs read where only what is required is given, in development. */
const READ: Record<string, unknown> = Object.assign(
  {},
  ...[userSettings, eventSettings, ticketSettings, bookingSettings].map((schema) => schema.parse(REQUIRED)),
)
const DEFAULTS = Object.entries(READ).filter(([name]) => !(name in REQUIRED))

describe('settings', () => {
  it('are all explained in the README', () => {
    const ports = SUBGRAPHS.map((name) => `${name.toUpperCase()}_PORT`) // in the row of PORT
    expect([...TABLE.keys(), ...Object.keys(WIRING), ...ports, 'DATABASE_URL']).toEqual(
      expect.arrayContaining([...Object.keys(READ), ...EXAMPLE, ...COMPOSE]),
    )
  })

  it('are all in .env.example, but for what nobody would change there', () => {
    expect([...EXAMPLE, 'NODE_ENV', 'SUPERGRAPH_FILE']).toEqual(
      expect.arrayContaining([...TABLE.keys(), ...COMPOSE]),
    )
  })

  it('reach the containers of the processes that read them', () => {
    const changeable = DEFAULTS.map(([name]) => name).filter((name) => name !== 'HOST') // the Dockerfile has it
    expect(COMPOSE).toEqual(expect.arrayContaining(changeable))
  })

  it('have the defaults that the README and .env.example name', () => {
    const numbers = DEFAULTS.filter(([, value]) => typeof value === 'number')
    expect(numbers.length).toBeGreaterThan(3)
    for (const [name, value] of numbers) {
      expect(TABLE.get(name), name).toBe(String(value))
      expect(read('.env.example')).toContain(`#${name}=${String(value)}\n`)
    }
  })
})
