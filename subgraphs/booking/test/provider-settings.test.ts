import { describe, expect, it } from 'vitest'
import { bookingSettings } from '../src/env.ts'

const needed = {
  PORT: '4004',
  SERVICE_SECRET: 'x'.repeat(32),
  REDIS_URL: 'redis://127.0.0.1',
  DATABASE_URL: 'postgresql://127.0.0.1/karcis_booking',
  USER_URL: 'http://user',
  EVENT_URL: 'http://event',
  TICKET_URL: 'http://ticket',
  KEY_ENCRYPTION_SECRET: 'x'.repeat(32),
}

/** What is wrong with settings, by name. */
function problems(settings: Record<string, string>): Record<string, string> {
  const { error } = bookingSettings.safeParse({ ...needed, ...settings })
  return Object.fromEntries((error?.issues ?? []).map(({ path, message }) => [path.join('.'), message]))
}

describe('settings of payment providers', () => {
  it('may be empty, which is as if they were not there', () => {
    const empty = { STRIPE_SECRET_KEY: '', STRIPE_API_URL: '', STRIPE_PAGE_URL: '', XENDIT_CURRENCIES: '' }
    expect(bookingSettings.parse({ ...needed, ...empty })).toMatchObject({
      STRIPE_SECRET_KEY: undefined,
      STRIPE_API_URL: 'https://api.stripe.com',
      STRIPE_PAGE_URL: undefined,
      XENDIT_CURRENCIES: ['IDR'],
    })
  })

  it('name currencies that there are', () => {
    expect(bookingSettings.parse({ ...needed, STRIPE_CURRENCIES: 'idr, SGD' }).STRIPE_CURRENCIES).toEqual([
      'IDR',
      'SGD',
    ])
    expect(problems({ STRIPE_CURRENCIES: 'IDR,RUPIAH' })).toEqual({
      STRIPE_CURRENCIES: 'must be ISO 4217 codes such as IDR, with commas between them',
    })
  })

  it('come with what notifications are checked by, or not at all', () => {
    expect(problems({ STRIPE_SECRET_KEY: 'sk_live', XENDIT_CALLBACK_TOKEN: 'token' })).toEqual({
      STRIPE_WEBHOOK_SECRET: 'is needed with STRIPE_SECRET_KEY',
      XENDIT_SECRET_KEY: 'is needed with XENDIT_CALLBACK_TOKEN',
    })
  })

  it('of stand-ins, which take anybody’s word that they paid, are refused in production', () => {
    const standIns = {
      MIDTRANS_SERVER_KEY: 'SB-Mid-server-stand-in-1',
      MIDTRANS_SNAP_URL: 'http://127.0.0.1:4011',
      STRIPE_SECRET_KEY: 'sk_live',
      STRIPE_WEBHOOK_SECRET: 'whsec_stand-in-1',
      STRIPE_PAGE_URL: 'http://localhost/pay',
    }
    expect(problems({ ...standIns, NODE_ENV: 'development' })).toEqual({})
    expect(problems({ ...standIns, NODE_ENV: 'production' })).toEqual({
      MIDTRANS_SERVER_KEY: 'is the key of a stand-in, which anybody can pay at',
      MIDTRANS_SNAP_URL: 'must be an https:// URL in production',
      STRIPE_WEBHOOK_SECRET: 'is the key of a stand-in, which anybody can pay at',
      STRIPE_PAGE_URL: 'must be an https:// URL in production',
    })
  })
})
