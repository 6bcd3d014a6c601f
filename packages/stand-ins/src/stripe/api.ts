import { IdempotencyKeys, type KeyedOutcome } from '../common/idempotency.ts'
import {
  basicUser,
  type Call,
  headerOf,
  NotPossible,
  type Operation,
  type Reply,
  type Surroundings,
} from '../common/server.ts'
import { ordersOf, type StripeAccount } from './account.ts'
import { API_VERSION, type StripeEvent } from './events.ts'
import { invalid, missingParam, noSuch, StripeFailure } from './failure.ts'
import { decodeForm, type Form, groupOf, listOf, textOf } from './form.ts'
import { expandAll, listPage } from './lists.ts'
import { confirm } from './methods.ts'
import { allowOnly, amountOf, mergeMetadata, metadataOf } from './params.ts'
import { type Charge, type Dispute, newPaymentIntent, type PaymentIntent, unix } from './objects.ts'

const KEY_LIFETIME_MS = 24 * 3_600_000

/** What may be said of a payment intent: https://docs.stripe.com/api/payment_intents/create. Anything else is refused. */
const INTENT_PARAMS =
  'amount amount_details application_fee_amount automatic_payment_methods capture_method confirm confirmation_method confirmation_token currency customer description error_on_requires_action excluded_payment_method_types expand hooks mandate mandate_data metadata off_session on_behalf_of payment_details payment_method payment_method_configuration payment_method_data payment_method_options payment_method_types radar_options receipt_email return_url setup_future_usage shipping statement_descriptor statement_descriptor_suffix transfer_data transfer_group use_stripe_sdk client_secret'
const INTENT_TEXTS =
  'customer receipt_email setup_future_usage statement_descriptor statement_descriptor_suffix transfer_group'

interface Options {
  readonly secretKey: string
  readonly publishableKey: string
}

/** One request, as far as it was read. */
interface Asked {
  readonly call: Call
  readonly form: Form
  /** The id in the path, where there is one. */
  readonly id: string
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
  const { random, now, faults } = surroundings
  const keys = new IdempotencyKeys({ lifetimeMs: KEY_LIFETIME_MS, now, keeps: wasBegun })

  /** By method and path; `:id` stands for one. Names are those by which faults know them. */
  const routes: Readonly<Record<string, { name: string; run(asked: Asked): object }>> = {
    'POST payment_intents': { name: 'create', run: create },
    'GET payment_intents': { name: 'list', run: ({ call }) => listPage(call, account.intents) },
    'GET payment_intents/:id': { name: 'status', run: ({ id }) => intentOf(id) },
    'POST payment_intents/:id': { name: 'update', run: update },
    'POST payment_intents/:id/confirm': { name: 'confirm', run: confirmIntent },
    'POST payment_intents/:id/capture': { name: 'capture', run: capture },
    'POST payment_intents/:id/cancel': { name: 'cancel', run: cancel },
    'GET charges': { name: 'list', run: ({ call }) => listPage(call, account.charges) },
    'GET charges/:id': { name: 'charge', run: ({ id }) => oneOf('charge', account.charges, id) },
    'POST refunds': { name: 'refund', run: refund },
    'GET refunds': { name: 'list', run: ({ call }) => listPage(call, account.refunds) },
    'GET refunds/:id': { name: 'refund-status', run: ({ id }) => oneOf('refund', account.refunds, id) },
    'GET disputes': { name: 'list', run: ({ call }) => listPage(call, account.disputes) },
    'GET disputes/:id': { name: 'dispute', run: ({ id }) => oneOf('dispute', account.disputes, id) },
    'POST disputes/:id': { name: 'dispute', run: submitEvidence },
    'POST disputes/:id/close': { name: 'dispute', run: closeDispute },
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
      object && 'payment_intent' in object ? account.objectOf(String(object.payment_intent)) : object
    return intent ? ordersOf(intent as PaymentIntent) : Object.values(metadataOf(form))
  }

  function create({ form }: Asked): PaymentIntent {
    allowOnly(form, INTENT_PARAMS)
    const amount = amountOf(form, 'amount')
    if (amount === undefined) throw missingParam('amount')
    const currency = textOf(form, 'currency')?.toLowerCase()
    if (!currency) throw missingParam('currency')
    if (!/^[a-z]{3}$/.test(currency)) throw invalid(`Invalid currency: ${currency}.`, { param: 'currency' })
    const captureMethod = textOf(form, 'capture_method') ?? 'automatic_async'
    if (captureMethod !== 'automatic' && captureMethod !== 'automatic_async' && captureMethod !== 'manual') {
      throw invalid(`Invalid capture_method: must be one of automatic, automatic_async, or manual`, {
        param: 'capture_method',
      })
    }
    const automatic = groupOf(form, 'automatic_payment_methods')
    const types = listOf(form, 'payment_method_types')
    const more = {
      ...Object.fromEntries(INTENT_TEXTS.split(' ').map((name) => [name, textOf(form, name) ?? null])),
      automatic_payment_methods: textOf(automatic, 'enabled')
        ? {
            enabled: textOf(automatic, 'enabled') === 'true',
            allow_redirects: textOf(automatic, 'allow_redirects') ?? 'always',
          }
        : null,
    }
    const intent = newPaymentIntent(
      {
        amount,
        currency,
        captureMethod,
        types: types.length > 0 ? types : ['card'],
        description: textOf(form, 'description'),
        metadata: metadataOf(form),
        more,
      },
      random,
      unix(now()),
    )
    setMethod(intent, form)
    account.add(intent)
    if (textOf(form, 'confirm') === 'true') confirmNow(intent, form)
    return intent
  }

  function update({ form, id }: Asked): PaymentIntent {
    allowOnly(form, INTENT_PARAMS)
    const intent = intentOf(id)
    const amount = amountOf(form, 'amount')
    if (amount !== undefined && amount !== intent.amount) {
      if (!['requires_payment_method', 'requires_confirmation', 'requires_action'].includes(intent.status)) {
        throw invalid(
          `This PaymentIntent's amount could not be updated because it has a status of ${intent.status}.`,
          { code: 'payment_intent_unexpected_state' },
        )
      }
      intent.amount = amount
    }
    intent.description = textOf(form, 'description') ?? intent.description
    mergeMetadata(intent, form)
    setMethod(intent, form)
    return intent
  }

  function confirmIntent({ form, id }: Asked): PaymentIntent {
    allowOnly(form, INTENT_PARAMS)
    const intent = intentOf(id)
    confirmNow(intent, form)
    return intent
  }

  function confirmNow(intent: PaymentIntent, form: Form): void {
    const challenged = faults.take('challenge', { orders: ordersOf(intent), on: 'confirm' }) !== undefined
    confirm(account, intent, form, challenged)
  }

  function capture({ form, id }: Asked): PaymentIntent {
    allowOnly(
      form,
      'amount_to_capture application_fee_amount expand final_capture metadata statement_descriptor statement_descriptor_suffix transfer_data',
    )
    const intent = intentOf(id)
    account.capture(intent, amountOf(form, 'amount_to_capture') ?? intent.amount_capturable)
    mergeMetadata(intent, form)
    return intent
  }

  function cancel({ form, id }: Asked): PaymentIntent {
    allowOnly(form, 'cancellation_reason expand')
    const intent = intentOf(id)
    account.cancel(intent, textOf(form, 'cancellation_reason'))
    return intent
  }

  function refund({ form }: Asked): object {
    allowOnly(
      form,
      'amount charge currency customer expand instructions_email metadata origin payment_intent reason refund_application_fee reverse_transfer',
    )
    const reason = textOf(form, 'reason')
    if (reason && !['duplicate', 'fraudulent', 'requested_by_customer'].includes(reason)) {
      throw invalid('Invalid reason: must be one of duplicate, fraudulent, or requested_by_customer', {
        param: 'reason',
      })
    }
    return account.refund(refundable(form), {
      amount: amountOf(form, 'amount'),
      reason,
      metadata: metadataOf(form),
    })
  }

  function refundable(form: Form): Charge {
    const chargeId = textOf(form, 'charge')
    if (chargeId) return oneOf('charge', account.charges, chargeId, 'charge')
    const intentId = textOf(form, 'payment_intent')
    if (!intentId)
      throw invalid(
        'One of the following params should be provided for this request: payment_intent or charge.',
      )
    const intent = oneOf('payment_intent', account.intents, intentId, 'payment_intent')
    const charge = account.chargeOf(intent)
    if (charge?.captured) return charge
    throw invalid(`This PaymentIntent (${intent.id}) does not have a successful charge to refund.`, {
      param: 'payment_intent',
    })
  }

  function submitEvidence({ form, id }: Asked): Dispute {
    const dispute = oneOf('dispute', account.disputes, id)
    dispute.evidence = { ...dispute.evidence, ...groupOf(form, 'evidence') }
    mergeMetadata(dispute, form)
    if (textOf(form, 'submit') !== 'false' && dispute.status === 'needs_response')
      dispute.status = 'under_review'
    account.emit('charge.dispute.updated', dispute)
    return dispute
  }

  function closeDispute({ id }: Asked): Dispute {
    const dispute = oneOf('dispute', account.disputes, id)
    account.closeDispute(dispute, 'lost')
    return dispute
  }

  const intentOf = (id: string): PaymentIntent => oneOf('payment_intent', account.intents, id, 'intent')

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

function setMethod(intent: PaymentIntent, form: Form): void {
  const method = textOf(form, 'payment_method')
  if (!method) return
  intent.payment_method = method
  if (intent.status === 'requires_payment_method') intent.status = 'requires_confirmation'
}

/** @throws StripeFailure */
function oneOf<T extends { readonly id: string }>(
  kind: string,
  all: readonly T[],
  id: string,
  param = 'id',
): T {
  const found = all.find((one) => one.id === id)
  if (!found) throw noSuch(kind, id, param)
  return found
}
