import { randomBytes } from 'node:crypto'
import { WEBHOOK_PROVIDERS, webhookPath } from '@karcis/kit/contracts/webhooks'
import { standInSettings } from '../packages/stand-ins/src/settings.ts'
import { PROVIDER_KEYS, STAND_IN_MARK } from '../subgraphs/booking/src/env.ts'
import { readBy } from './platform.ts'
import type { ProcessSpec } from './supervised-process.ts'

const HOST = '127.0.0.1'

const GOOGLE_KEYS = ['GOOGLE_CLIENT_ID', 'GOOGLE_CLIENT_SECRET']

/** Who is stood in for: payment providers, and who vouches for people. */
export const STOOD_IN = [...WEBHOOK_PROVIDERS, 'google'] as const

export type StoodIn = (typeof STOOD_IN)[number]

/** Servers that stand in for payment providers and for Google, so that there is something to pay and to sign in at. */
export interface StandIns {
  readonly process: ProcessSpec
  /** What the platform has to know to pay and to sign in there. */
  readonly env: NodeJS.ProcessEnv
  /** Who is stood in for, each with its address. */
  readonly addresses: Readonly<Partial<Record<StoodIn, string>>>
}

interface StandInsOptions {
  readonly production: boolean
  readonly routerPort: number
  readonly ports: Readonly<Record<StoodIn, number>>
}

/**
 * Stand-ins for those that no setting names, with keys made for this run. They keep nothing: what was paid there in an earlier
 * run they know nothing of.
 * @returns null in production, and where everybody is set up.
 */
export function prepareStandIns(options: StandInsOptions, env: NodeJS.ProcessEnv): StandIns | null {
  const { production, routerPort, ports } = options
  const missing = STOOD_IN.filter((provider) => !isSetUp(provider, env))
  if (production || missing.length === 0) return null
  const address = (provider: StoodIn) => `http://${HOST}:${ports[provider]}`
  const made: NodeJS.ProcessEnv = {
    ...Object.fromEntries(
      [...PROVIDER_KEYS, ...GOOGLE_KEYS].map((name) => [
        name,
        `${STAND_IN_MARK}-${randomBytes(16).toString('hex')}`,
      ]),
    ),
    GOOGLE_REDIRECT_URIS: ['localhost', HOST]
      .map((host) => `http://${host}:${routerPort}/sign-in/google`)
      .join(),
  }
  const own = Object.fromEntries([
    ...STOOD_IN.map((provider) => [`STAND_IN_${provider.toUpperCase()}_PORT`, String(ports[provider])]),
    ...WEBHOOK_PROVIDERS.map((provider) => [
      `${provider.toUpperCase()}_WEBHOOK_URL`,
      `http://${HOST}:${routerPort}${webhookPath(provider)}`,
    ]),
  ])
  const urls: Record<StoodIn, NodeJS.ProcessEnv> = {
    midtrans: { MIDTRANS_SNAP_URL: address('midtrans'), MIDTRANS_API_URL: address('midtrans') },
    stripe: { STRIPE_API_URL: address('stripe'), STRIPE_PAGE_URL: `${address('stripe')}/pay` },
    xendit: { XENDIT_API_URL: address('xendit') },
    google: {
      GOOGLE_ISSUER: address('google'),
      GOOGLE_CALENDAR_URL: `${address('google')}/calendar/v3`,
    },
  }
  return {
    process: {
      name: 'stand-ins',
      script: 'packages/stand-ins/src/main.ts',
      env: readBy(standInSettings, { NODE_ENV: 'development', ...env, ...made, ...own }),
      readyUrl: `${address('midtrans')}/_stand-in/ledger`,
    },
    env: Object.assign({}, ...missing.map((provider) => ({ ...keysOf(provider, made), ...urls[provider] }))),
    addresses: Object.fromEntries(missing.map((provider) => [provider, address(provider)])),
  }
}

const keysOf = (provider: StoodIn, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith(`${provider.toUpperCase()}_`)))

/** Whether a person has given a key of it. */
const isSetUp = (provider: StoodIn, env: NodeJS.ProcessEnv): boolean =>
  [...PROVIDER_KEYS, ...GOOGLE_KEYS].some((name) => env[name] && name in keysOf(provider, env))
