import { expect, it } from 'vitest'
import { STAND_IN_MARK } from '../subgraphs/booking/src/env.ts'
import { prepareStandIns } from './stand-ins.ts'

const options = {
  production: false,
  routerPort: 4000,
  ports: { midtrans: 4005, stripe: 4006, xendit: 4007, google: 4008 },
}

it('stands in for every provider where nothing is set, with the same keys on both sides', () => {
  const standIns = prepareStandIns(options, { PATH: '/bin', SERVICE_SECRET: 'a secret' })
  expect(standIns?.addresses).toEqual({
    midtrans: 'http://127.0.0.1:4005',
    stripe: 'http://127.0.0.1:4006',
    xendit: 'http://127.0.0.1:4007',
    google: 'http://127.0.0.1:4008',
  })
  const { env = {}, process } = standIns ?? {}
  const keys = Object.entries(env).filter(([, value]) => value?.includes(STAND_IN_MARK))
  expect(keys.map(([name]) => name)).toHaveLength(7)
  expect(process?.env).toMatchObject(Object.fromEntries(keys))
  expect(process?.env).toMatchObject({
    XENDIT_WEBHOOK_URL: 'http://127.0.0.1:4000/webhooks/xendit',
    PATH: '/bin',
  })
  expect(process?.env).not.toHaveProperty('SERVICE_SECRET')
  expect(env).toMatchObject({
    STRIPE_PAGE_URL: 'http://127.0.0.1:4006/pay',
    XENDIT_API_URL: 'http://127.0.0.1:4007',
    GOOGLE_ISSUER: 'http://127.0.0.1:4008',
    GOOGLE_REDIRECT_URIS: 'http://localhost:4000/sign-in/google,http://127.0.0.1:4000/sign-in/google',
  })
})

it('leaves alone what a person has set up, and is not told its keys', () => {
  const standIns = prepareStandIns(options, { STRIPE_SECRET_KEY: 'sk_live', XENDIT_SECRET_KEY: '' })
  expect(Object.keys(standIns?.addresses ?? {})).toEqual(['midtrans', 'xendit', 'google'])
  expect(standIns?.env).not.toHaveProperty('STRIPE_SECRET_KEY')
  expect(standIns?.process.env.STRIPE_SECRET_KEY).not.toBe('sk_live')
  const all = {
    MIDTRANS_SERVER_KEY: 'a',
    STRIPE_SECRET_KEY: 'b',
    XENDIT_SECRET_KEY: 'c',
    GOOGLE_CLIENT_ID: 'd',
  }
  expect(prepareStandIns(options, all)).toBeNull()
})

it('is nothing for production', () => {
  expect(prepareStandIns({ ...options, production: true }, {})).toBeNull()
})
