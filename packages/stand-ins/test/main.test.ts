import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { stopChild } from '@karcis/infra/processes'
import { eventually } from '@karcis/testkit/eventually'
import { expect, it } from 'vitest'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const KEYS = {
  MIDTRANS_SERVER_KEY: 'a',
  STRIPE_SECRET_KEY: 'b',
  STRIPE_WEBHOOK_SECRET: 'c',
  XENDIT_SECRET_KEY: 'd',
  XENDIT_CALLBACK_TOKEN: 'e',
  GOOGLE_CLIENT_ID: 'f',
  GOOGLE_CLIENT_SECRET: 'g',
  GOOGLE_REDIRECT_URIS: 'http://localhost:4000/sign-in/google',
}

interface Run {
  readonly child: ChildProcess
  printed(): string
}

function run(env: NodeJS.ProcessEnv): Run {
  const child = spawn(process.execPath, [MAIN], { env: { PATH: process.env.PATH, ...env }, stdio: 'pipe' })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  }
  return { child, printed: () => output }
}

it('starts all of them from settings, and ends when it is told to', async () => {
  const { child, printed } = run({ ...KEYS, NODE_ENV: 'development' })
  await eventually(() => expect(printed()).toContain('"ready"'))
  const urls = [...printed().matchAll(/"provider":"(\w+)","url":"([^"]+)"/g)].map(([, name, url]) => [
    name,
    url,
  ])
  const [google, ...providers] = urls
  expect(google?.[0]).toBe('google')
  expect((await fetch(`${google?.[1]}/.well-known/openid-configuration`)).status).toBe(200)
  expect(providers.map(([name]) => name)).toEqual(['midtrans', 'stripe', 'xendit'])
  for (const [, url] of providers) expect(await (await fetch(`${url}/_stand-in/ledger`)).json()).toEqual([])
  await stopChild(child, 'SIGTERM', 10_000)
  expect(child.exitCode).toBe(0)
})

it.each([{ NODE_ENV: 'production' }, {}])(
  'does not start in production, nor where that is not said: %o',
  async (env) => {
    const { child, printed } = run({ ...KEYS, ...env })
    await once(child, 'close')
    expect(child.exitCode).toBe(1)
    expect(printed()).toContain('Setting NODE_ENV')
  },
)
