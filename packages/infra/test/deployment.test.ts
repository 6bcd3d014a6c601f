import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Script } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { databaseRole } from '../src/database-role.ts'
import { databaseSetting } from '../src/migrate.ts'
import { SUBGRAPHS } from '@karcis/kit/contracts/subgraphs'

const ROOT = join(import.meta.dirname, '../../..')
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

interface Service {
  image?: string
  build?: string
  command?: string[]
  environment?: Record<string, string | number>
  depends_on?: Record<string, { condition: string }>
  healthcheck?: { test: string[] }
  volumes?: string[]
  tmpfs?: string[]
  user?: string
  read_only?: boolean
  cap_drop?: string[]
  security_opt?: string[]
  mem_limit?: string
  pids_limit?: number
}

const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Service>
  volumes: Record<string, unknown>
}
const services = Object.entries(compose.services)
const ours = ['router', ...SUBGRAPHS]

describe('docker-compose.yml', () => {
  it('runs every process of the platform, on scripts that exist', () => {
    expect(Object.keys(compose.services)).toEqual(
      expect.arrayContaining([...ours, 'migrate', 'postgres', 'redis']),
    )
    for (const name of [...ours, 'migrate']) {
      const [program, script] = compose.services[name]?.command ?? []
      expect(program, name).toBe('node')
      expect(existsSync(join(ROOT, script ?? '')), `${name}: ${script}`).toBe(true)
    }
  })

  it('names exact versions of other images, and builds its own once', () => {
    for (const [name, { image }] of services) expect(image, name).toMatch(/:\d+\.\d+(\.\d+)?(-\w+)?$/)
    expect(services.filter(([, { build }]) => build).map(([name]) => name)).toEqual(['migrate'])
  })

  it('waits for what exists, and for health only where health is checked', () => {
    for (const [name, service] of services) {
      for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
        expect(compose.services, `${name} waits for ${other}`).toHaveProperty(other)
        if (condition === 'service_healthy') expect(compose.services[other]?.healthcheck, other).toBeDefined()
      }
      for (const volume of service.volumes ?? [])
        expect(compose.volumes).toHaveProperty(volume.split(':')[0] ?? '')
    }
  })

  it('gives each subgraph its own database, and migrates those', () => {
    for (const name of SUBGRAPHS) {
      const url = String(compose.services[name]?.environment?.DATABASE_URL)
      const owner = String(compose.services.migrate?.environment?.[databaseSetting(name)])
      expect(url.split('@')[1]).toBe(owner.split('@')[1])
      expect(url).toContain(`/karcis_${name}`)
    }
  })

  it('has no secret of its own: each one is asked for, and .env.example names it', () => {
    const example = read('.env.example')
    for (const setting of [
      'SERVICE_SECRET',
      'KEY_ENCRYPTION_SECRET',
      'PASSWORD_PEPPER',
      'POSTGRES_PASSWORD',
      'REDIS_PASSWORD',
      ...SUBGRAPHS.map((name) => `${name.toUpperCase()}_DATABASE_PASSWORD`),
    ]) {
      expect(read('docker-compose.yml')).toContain(`\${${setting}:?`)
      expect(example).toMatch(new RegExp(`^${setting}=$`, 'm'))
    }
  })

  it('line 23: lets a subgraph into its database as the role that the migrations make for it, not as the owner', () => {
    for (const name of SUBGRAPHS) {
      const setting = `${name.toUpperCase()}_DATABASE_PASSWORD`
      expect(compose.services[name]?.environment?.DATABASE_URL).toContain(
        `//${databaseRole(name)}:\${${setting}:?must be set in .env}@`,
      )
      expect(compose.services.migrate?.environment?.[setting]).toBe(`\${${setting}}`)
      expect(JSON.stringify(compose.services[name])).not.toContain('POSTGRES_PASSWORD')
    }
  })

  it('line 23: lets nobody into Redis without its password', () => {
    const { environment, command = [] } = compose.services.redis ?? {}
    expect(environment?.REDISCLI_AUTH).toBe('${REDIS_PASSWORD:?must be set in .env}')
    expect(command.at(-1)).toContain(
      'echo "requirepass $$REDISCLI_AUTH" > /tmp/redis.conf && exec redis-server /tmp/redis.conf ',
    )
    for (const name of ours)
      expect(compose.services[name]?.environment?.REDIS_URL).toContain('redis://:${REDIS_PASSWORD')
  })

  it('line 23: confines every container: nothing to write to, no privileges, no more than its share', () => {
    for (const [name, service] of services) {
      expect(service, name).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        mem_limit: expect.stringMatching(/^\d+[mg]$/),
        pids_limit: expect.any(Number),
        tmpfs: expect.arrayContaining([expect.stringMatching(/^\/tmp:size=/)]),
      })
      // Their images begin as root, which without capabilities could not become anybody else.
      if (!service.command?.includes('node')) expect(service.user, name).toBe(name)
    }
  })

  it('line 23: gives a secret only to the processes that read it', () => {
    const holders = (setting: string) =>
      services.filter(([, { environment = {} }]) => setting in environment).map(([name]) => name)
    expect(holders('SERVICE_SECRET').toSorted()).toEqual(ours.toSorted())
    expect(holders('KEY_ENCRYPTION_SECRET')).toEqual(['user', 'ticket', 'booking'])
    expect(holders('PASSWORD_PEPPER')).toEqual(['user'])
    expect(holders('ADMIN_PASSWORD')).toEqual(['user'])
    const ofProviders =
      'MIDTRANS_SERVER_KEY STRIPE_SECRET_KEY STRIPE_WEBHOOK_SECRET XENDIT_SECRET_KEY XENDIT_CALLBACK_TOKEN'
    for (const key of ofProviders.split(' ')) expect(holders(key), key).toEqual(['booking'])
  })

  it('checks health by JavaScript that parses once compose has unescaped it', () => {
    for (const name of ours) {
      const [, program, flag, code = ''] = compose.services[name]?.healthcheck?.test ?? []
      expect([program, flag]).toEqual(['node', '-e'])
      expect(() => new Script(code.replaceAll('$$', '$'))).not.toThrow()
    }
  })
})

describe('the Dockerfile', () => {
  const dockerfile = read('Dockerfile')

  it('builds on one exact version of Node, the one that runs here, and not as root', () => {
    const stages = [...dockerfile.matchAll(/^FROM \S+ AS (\S+)/gm)].map(([, stage]) => stage)
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)]
      .map(([, base]) => base)
      .filter((base) => !stages.includes(base))
    expect(new Set(bases)).toEqual(new Set([`node:${process.versions.node}-bookworm-slim`]))
    expect(dockerfile).toMatch(/^USER node$/m)
  })

  it('names scripts that exist, and the pnpm of the bootstrap', () => {
    for (const [script] of dockerfile.matchAll(/\S+\.ts\b/g))
      expect(existsSync(join(ROOT, script.replace('"', ''))), script).toBe(true)
    const pnpm = /pnpm@[\d.]+/.exec(dockerfile)?.[0]
    expect(read('scripts/bootstrap.mjs')).toContain(`'${pnpm}'`)
  })
})

describe('the CI workflow', () => {
  it('runs what .ci/run runs, on actions pinned by commit', () => {
    const workflow = parse(read('.github/workflows/ci.yml')) as {
      jobs: { test: { steps: { uses?: string; run?: string }[] } }
    }
    const { steps } = workflow.jobs.test
    expect(steps.map(({ run }) => run)).toContain('.ci/run')
    for (const { uses } of steps.filter((step) => step.uses)) expect(uses).toMatch(/@[0-9a-f]{40}$/)
    expect(read('.ci/run')).toMatch(/^npm test$/m)
  })
})

describe('package.json', () => {
  it('names only scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    for (const command of Object.values(scripts)) {
      const files = command
        .split(' ')
        .slice(1)
        .filter((word) => !word.startsWith('-'))
      for (const file of files) expect(existsSync(join(ROOT, file)), file).toBe(true)
    }
  })
})
