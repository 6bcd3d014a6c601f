import { randomBytes } from 'node:crypto'
import { WEBHOOK_PROVIDERS, type WebhookProvider, webhookPath } from '@karcis/kit/contracts/webhooks'
import { standInSettings } from '../packages/stand-ins/src/settings.ts'
import { PROVIDER_KEYS, STAND_IN_MARK } from '../subgraphs/booking/src/env.ts'
import { readBy } from './platform.ts'
import type { ProcessSpec } from './supervised-process.ts'

const HOST = '127.0.0.1'

/** Servers that stand in for payment providers, so that there is something to pay at. */
export interface StandIns {
  readonly process: ProcessSpec
  /** What the platform has to know to pay there. */
  readonly env: NodeJS.ProcessEnv
  /** Which providers are stood in for, each with its address. */
  readonly addresses: Readonly<Partial<Record<WebhookProvider, string>>>
}

interface StandInsOptions {
  readonly production: boolean
  readonly routerPort: number
  readonly ports: Readonly<Record<WebhookProvider, number>>
}

/**
 * Stand-ins for those providers that no setting names, with keys made for this run. They keep nothing: what was paid there in an earlier
 * run they know nothing of.
 * @returns null in production, and where every provider is set up.
 */
export function prepareStandIns(options: StandInsOptions, env: NodeJS.ProcessEnv): StandIns | null {
  const { production, routerPort, ports } = options
  const missing = WEBHOOK_PROVIDERS.filter((provider) => !isSetUp(provider, env))
  if (production || missing.length === 0) return null
  const address = (provider: WebhookProvider) => `http://${HOST}:${ports[provider]}`
  const made = Object.fromEntries(
    PROVIDER_KEYS.map((name) => [name, `${STAND_IN_MARK}-${randomBytes(16).toString('hex')}`]),
  )
  const own = Object.fromEntries(
    WEBHOOK_PROVIDERS.flatMap((provider) => [
      [`STAND_IN_${provider.toUpperCase()}_PORT`, String(ports[provider])],
      [`${provider.toUpperCase()}_WEBHOOK_URL`, `http://${HOST}:${routerPort}${webhookPath(provider)}`],
    ]),
  )
  const urls: Record<WebhookProvider, NodeJS.ProcessEnv> = {
    midtrans: { MIDTRANS_SNAP_URL: address('midtrans'), MIDTRANS_API_URL: address('midtrans') },
    stripe: { STRIPE_API_URL: address('stripe'), STRIPE_PAGE_URL: `${address('stripe')}/pay` },
    xendit: { XENDIT_API_URL: address('xendit') },
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

const keysOf = (provider: WebhookProvider, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith(`${provider.toUpperCase()}_`)))

/** Whether a person has given a key of it. */
const isSetUp = (provider: WebhookProvider, env: NodeJS.ProcessEnv): boolean =>
  PROVIDER_KEYS.some((name) => env[name] && name in keysOf(provider, env))
