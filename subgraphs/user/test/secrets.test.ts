import { ask } from '@karcis/testkit/ask'
import { eventually } from '@karcis/testkit/eventually'
import { startProcess } from '@karcis/testkit/process'
import { expect, it } from 'vitest'
import { PASSWORD, startStory } from './stories.ts'

const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }'
const SIGN_UP = 'mutation ($input: CreateUserInput!) { createUser(input: $input) { accessToken } }'

it.each(['PASSWORD_PEPPER', 'KEY_ENCRYPTION_SECRET'])(
  'line 32: a process with another %s is not ready, says why, and does no half of its work',
  async (name) => {
    await using story = await startStory()
    const { email } = await story.signUp('Dewi')
    const input = { email, password: PASSWORD }
    const settings = Object.fromEntries(
      Object.entries(story.settings).map(([key, value]) => [key, String(value)]),
    )
    const wrong = { ...settings, LOG_LEVEL: 'info', [name]: 'not the one that this database was filled with' }
    await using process = await startProcess('subgraphs/user/src/main.ts', wrong)
    const reason = `The setting ${name} is not the one that this database was filled with.`
    await eventually(async () =>
      expect(await process.probe()).toEqual({ status: 503, body: { status: 'unavailable', reason } }),
    )
    expect((await process.probe('/live'))?.status).toBe(200)
    expect(process.log).toContainEqual(expect.objectContaining({ level: 50, reason, msg: 'not ready' }))

    const elsewhere = { name: 'user' as const, url: process.url }
    expect((await ask(elsewhere, null, LOGIN, { input })).code).toBe('SERVICE_UNAVAILABLE')
    const newcomer = { email: 'new@karcis.test', password: PASSWORD, name: 'New' }
    expect((await ask(elsewhere, null, SIGN_UP, { input: newcomer })).code).toBe('SERVICE_UNAVAILABLE')
    expect(await story.sql("SELECT id FROM users WHERE email = 'new@karcis.test'")).toEqual([])

    expect((await story.login(email)).code).toBeUndefined()
    process.signal('SIGTERM')
    expect(await process.ended).toBe(0)
  },
)
