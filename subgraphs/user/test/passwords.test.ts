import { expect, it } from 'vitest'
import { userSettings } from '../src/env.ts'
import { createPasswords } from '../src/domain/passwords/passwords.ts'
import { settingsFor } from './stories.ts'

it('knows a password by its hash, with the same pepper only', async () => {
  await using stack = new AsyncDisposableStack()
  const passwords = await createPasswords('one pepper of a few', 4)
  const elsewhere = await createPasswords('another pepper here', 4)
  stack.defer(() => passwords.close())
  stack.defer(() => elsewhere.close())
  const hash = await passwords.hash('kata sandi é', 'a')
  expect(await passwords.verify('kata sandi é', hash, 'a')).toBe(true)
  expect(await passwords.verify('kata sandi e\u0301', hash, 'a')).toBe(true) // the same letter, typed on another machine
  expect(await passwords.verify('kata sandi e', hash, 'a')).toBe(false)
  expect(await elsewhere.verify('kata sandi é', hash, 'a')).toBe(false)
})

it('does not start in production with hashes that are too cheap, or with half an admin', () => {
  const problems = (overrides: Record<string, string>) => {
    const lists = ['SECOND_FACTOR_REQUIRED_FOR', 'PASSKEY_ORIGINS', 'GOOGLE_REDIRECT_URIS', 'SMS_PREFIXES']
    const asText = Object.fromEntries(lists.map((name) => [name, '']))
    const given = { ...settingsFor('postgres://db/x'), ...asText, ...overrides }
    const result = userSettings.safeParse(given)
    return result.error?.issues.map((issue) => issue.path.join('.')) ?? []
  }
  expect(problems({ NODE_ENV: 'production' })).toEqual(['BCRYPT_COST'])
  expect(problems({ NODE_ENV: 'production', BCRYPT_COST: '10' })).toEqual([])
  expect(problems({ ADMIN_EMAIL: 'a@karcis.test' })).toEqual(['ADMIN_PASSWORD'])
  expect(problems({ ADMIN_PASSWORD: 'long enough' })).toEqual(['ADMIN_EMAIL'])
  expect(problems({ ADMIN_EMAIL: '', ADMIN_PASSWORD: '' })).toEqual([])
  expect(problems({ PASSWORD_PEPPER: 'short', KEY_ENCRYPTION_SECRET: 'short' })).toEqual([
    'KEY_ENCRYPTION_SECRET',
    'PASSWORD_PEPPER',
  ])
})
