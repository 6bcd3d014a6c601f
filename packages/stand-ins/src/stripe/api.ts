import { IdempotencyKeys, type KeyedOutcome } from '../common/idempotency.ts'
import {
  basicUser,
  type Call,
  headerOf,
  NotPossible,
  type Operation,
  type Reply,
} from '../common/protocol.ts'
import type { Surroundings } from '../common/server.ts'
import { ordersOf, type StripeAccount } from './account.ts'
import { API_VERSION, type StripeEvent } from './events.ts'
import { invalid, StripeFailure } from './failure.ts'
import { decodeForm, listOf, textOf } from './form.ts'
import { expandAll, listPage } from './lists.ts'
import { metadataOf } from './params.ts'
import {
  type Asked,
  cancel,
  capture,
  closeDispute,
  confirmIntent,
  create,
  createRefund,
  intentOf,
  oneOf,
  submitEvidence,
  update,
} from './requests.ts'

const KEY_LIFETIME_MS = 24 * 3_600_000

interface Options {
  readonly secretKey: string
  readonly publishableKey: string
}

/**
 * The part of Stripe's API that takes payments and gives them back.
 * - Payment intents (create, retrieve, update, confirm, capture, cancel, list): https://docs.stripe.com/api/payment_intents
 * - Charges (retrieve, list): https://docs.stripe.com/api/charges
 * - Refunds (create, retrieve, list): https://docs.stripe.com/api/refunds
 * - Disputes (retrieve, update, close, list): https://docs.stripe.com/api/disputes
 * - Events (retrieve, list): https://docs.stripe.com/api/events
 * - Keys, as bearer or by HTTP Basic: https://docs.stripe.com/api/authentication
 * - The publishable key with a `client_secret` retrieves and confirms, as Stripe.js does: https://docs.stripe.com/keys
 * - Errors: https://docs.stripe.com/api/errors; pages of a list: https://docs.stripe.com/api/pagination
 * - `expand`: https://docs.stripe.com/api/expanding_objects; `request-id`: https://docs.stripe.com/api/request_ids
 * - `Stripe-Version`: https://docs.stripe.com/api/versioning. It is checked and answered; there is one form of objects.
 * - `Idempotency-Key`: https://docs.stripe.com/api/idempotent_requests. A key used with another request is refused (400
 *   `idempotency_error`), one in use too (409 `idempotency_key_in_use`: https://docs.stripe.com/error-codes); what was
 *   answered is kept for 24 h, failures too, save for what never began.
 */
export function createStripeApi(
  account: StripeAccount,
  options: Options,
  surroundings: Surroundings<StripeEvent>,
) {
  const { random, now } = surroundings
  const keys = new IdempotencyKeys({ lifetimeMs: KEY_LIFETIME_MS, now, keeps: wasBegun })

  /** By method and path; `:id` stands for one. Names are those by which faults know them. */
  const routes: Readonly<Record<string, { name: string; run(asked: Asked): object }>> = {
    'POST payment_intents': { name: 'create', run: (asked) => create(account, asked) },
    'GET payment_intents': { name: 'list', run: ({ call }) => listPage(call, account.intents) },
    'GET payment_intents/:id': { name: 'status', run: ({ id }) => intentOf(account, id) },
    'POST payment_intents/:id': { name: 'update', run: (asked) => update(account, asked) },
    'POST payment_intents/:id/confirm': { name: 'confirm', run: (asked) => confirmIntent(account, asked) },
    'POST payment_intents/:id/capture': { name: 'capture', run: (asked) => capture(account, asked) },
    'POST payment_intents/:id/cancel': { name: 'cancel', run: (asked) => cancel(account, asked) },
    'GET charges': { name: 'list', run: ({ call }) => listPage(call, account.charges) },
    'GET charges/:id': { name: 'charge', run: ({ id }) => oneOf('charge', account.charges, id) },
    'POST refunds': { name: 'refund', run: (asked) => createRefund(account, asked) },
    'GET refunds': { name: 'list', run: ({ call }) => listPage(call, account.refunds) },
    'GET refunds/:id': { name: 'refund-status', run: ({ id }) => oneOf('refund', account.refunds, id) },
    'GET disputes': { name: 'list', run: ({ call }) => listPage(call, account.disputes) },
    'GET disputes/:id': { name: 'dispute', run: ({ id }) => oneOf('dispute', account.disputes, id) },
    'POST disputes/:id': { name: 'dispute', run: (asked) => submitEvidence(account, asked) },
    'POST disputes/:id/close': { name: 'dispute', run: (asked) => closeDispute(account, asked) },
    'GET events': { name: 'list', run: ({ call }) => listPage(call, account.events) },
    'GET events/:id': { name: 'event', run: ({ id }) => oneOf('event', account.events, id) },
  }

  function operation(call: Call): Operation | undefined {
    const [version, noun = '', id = '', ...verbs] = call.path
    if (version !== 'v1') return undefined
    const route = routes[`${call.method} ${[noun, ...(id ? [':id'] : []), ...verbs].join('/')}`]
    if (!route) return undefined
    const asked = { call, form: decodeForm(call.body), id }
    return { name: route.name, orders: ordersIn(asked), run: () => answer(asked, route.run) }
  }

  async function answer(asked: Asked, run: (asked: Asked) => object): Promise<Reply> {
    const requestId = `req_${random.alphanumeric(14)}`
    const key = asked.call.method === 'POST' ? headerOf(asked.call, 'idempotency-key') : undefined
    const slowly = async (): Promise<Reply> => {
      await asked.call.pause()
      account.cause = { request: requestId, key: key ?? null }
      return perform(asked, run)
    }
    const refused = refuse(asked)
    const result: KeyedOutcome =
      refused || !key
        ? { outcome: 'first', reply: refused ?? (await slowly()) }
        : await keys.once(key, `${asked.call.path.join('/')}?${asked.call.body}`, slowly)
    const reply = 'reply' in result ? result.reply : keyFailure(result.outcome, key ?? '').reply
    return {
      ...reply,
      headers: {
        'request-id': requestId,
        'stripe-version': headerOf(asked.call, 'stripe-version') ?? API_VERSION,
        ...(key ? { 'idempotency-key': key } : {}),
        ...(result.outcome === 'replayed' ? { 'idempotent-replayed': 'true' } : {}),
      },
    }
  }

  function perform(asked: Asked, run: (asked: Asked) => object): Reply {
    try {
      const expand = [
        ...listOf(asked.form, 'expand'),
        ...[...asked.call.query].flatMap(([name, value]) => (name.startsWith('expand[') ? [value] : [])),
      ]
      return {
        status: 200,
        body: expandAll(structuredClone(run(asked)), expand, (id) => account.objectOf(id)),
      }
    } catch (error) {
      if (error instanceof StripeFailure) return error.reply
      if (error instanceof NotPossible) return invalid(error.message).reply
      throw error
    }
  }

  /** Who is not let in, or speaks of a version that there is not. */
  function refuse({ call, form, id }: Asked): Reply | undefined {
    const [scheme, token] = (call.headers.authorization ?? '').split(' ')
    const key = scheme?.toLowerCase() === 'bearer' ? token : basicUser(call)
    const secret = textOf(form, 'client_secret') ?? call.query.get('client_secret')
    const byPublishableKey = key === options.publishableKey && account.find(id)?.client_secret === secret
    if (key !== options.secretKey && !byPublishableKey) {
      const message = key
        ? `Invalid API Key provided: ${key.slice(0, 8)}${'*'.repeat(8)}${key.slice(-4)}`
        : 'You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth.'
      return new StripeFailure(401, { type: 'invalid_request_error', message }).reply
    }
    const version = headerOf(call, 'stripe-version')
    if (version === undefined || /^\d{4}-\d\d-\d\d(\.\w+)?$/.test(version)) return undefined
    return invalid(`Invalid Stripe API version: ${version}`).reply
  }

  /** What the request is about, as far as it says so before it is done. */
  function ordersIn({ form, id, call }: Asked): string[] {
    const named =
      id || textOf(form, 'payment_intent') || textOf(form, 'charge') || call.query.get('payment_intent')
    const object = named ? account.objectOf(named) : undefined
    const intent =
      object && account.intent(object.object === 'payment_intent' ? object.id : object.payment_intent)
    return intent ? ordersOf(intent) : Object.values(metadataOf(form))
  }

  return {
    operation,
    notFound: (call: Call): Reply =>
      new StripeFailure(404, {
        type: 'invalid_request_error',
        message: `Unrecognized request URL (${call.method}: /${call.path.join('/')}).`,
      }).reply,
    broken: (_call: Call, status: number): Reply =>
      new StripeFailure(status, { type: 'api_error', message: 'An unknown error occurred' }).reply,
  }
}

/** Whether a request got as far as being done: only then is its answer kept under its key. */
function wasBegun({ status, body }: Reply): boolean {
  const code =
    typeof body === 'object' && 'error' in body ? (body.error as { code?: string }).code : undefined
  return status < 500 && !code?.startsWith('parameter_')
}

const keyFailure = (outcome: 'in-use' | 'other-request', key: string): StripeFailure =>
  outcome === 'in-use'
    ? new StripeFailure(409, {
        type: 'idempotency_error',
        code: 'idempotency_key_in_use',
        message: `There is currently another in-progress request using this Stripe-Idempotency-Key (that probably means you submitted twice, and the other request is still going through): ${key}`,
      })
    : new StripeFailure(400, {
        type: 'idempotency_error',
        message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
      })
