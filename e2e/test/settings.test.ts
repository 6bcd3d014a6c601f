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
  [...text.matchAll(pattern)].map(([, name = '']) => name)

/** The table of the README: what stands under "default" beside each setting. */
const TABLE = new Map(
  [...read('README.md').matchAll(/^\| (`[A-Z_`, ]+`) \| ([^|]+) \|/gm)].flatMap(
    ([, cell = '', standard = '']) =>
      names(cell, /`([A-Z_]+)`/g).map((name) => [name, standard.trim()] as const),
  ),
)
const EXAMPLE = names(read('.env.example'), /^#?([A-Z_]+)=/gm)
const COMPOSE = names(read('docker-compose.yml'), /\$\{([A-Z_]+)/g)

/** Settings of the four subgraphs, each with its default; undefined where it must be given. */
const READ = new Map(
  [userSettings, eventSettings, ticketSettings, bookingSettings].flatMap(({ shape }) =>
    Object.entries(shape).map(([name, schema]) => [name, schema.safeParse(undefined).data] as const),
  ),
)
/** What `npm start` and docker-compose.yml fill in by themselves, for each process. */
const WIRING = ['DATABASE_URL', ...SUBGRAPHS.map((name) => `${name.toUpperCase()}_URL`)]

describe('settings', () => {
  it('are all explained in the README', () => {
    const ports = SUBGRAPHS.map((name) => `${name.toUpperCase()}_PORT`) // in the row of PORT
    expect([...TABLE.keys(), ...WIRING, ...ports]).toEqual(
      expect.arrayContaining([...READ.keys(), ...EXAMPLE, ...COMPOSE]),
    )
  })

  it('are all in .env.example, but for what nobody would change there', () => {
    expect([...EXAMPLE, 'NODE_ENV', 'SUPERGRAPH_FILE']).toEqual(
      expect.arrayContaining([...TABLE.keys(), ...COMPOSE]),
    )
  })

  it('reach the containers where a process reads them', () => {
    const given = ['NODE_ENV', 'HOST', 'REDIS_URL', ...WIRING] // by the Dockerfile, or the same for everybody
    const changeable = [...READ.keys()].filter((name) => !given.includes(name))
    expect(COMPOSE).toEqual(expect.arrayContaining(changeable))
  })

  it('have the defaults that the README names', () => {
    for (const name of [
      'BCRYPT_COST',
      'HOLD_SECONDS',
      'MAX_OPEN_PLACES',
      'PAYMENT_MARGIN_SECONDS',
      'SIGNUP_GRANT_IDR',
      'LIVE_POLL_MS',
    ]) {
      expect(TABLE.get(name), name).toBe(String(READ.get(name)))
      expect(read('docker-compose.yml')).toContain(`\${${name}:-${READ.get(name)}}`)
      expect(read('.env.example')).toContain(`#${name}=${READ.get(name)}\n`)
    }
  })
})
