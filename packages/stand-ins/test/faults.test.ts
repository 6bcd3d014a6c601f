import { eventually } from '@karcis/testkit/eventually'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startXendit, type XenditOptions, type XenditStandIn } from '../src/xendit.ts'
import { basic, type Merchant, startMerchant } from './merchant.ts'

const OPTIONS: XenditOptions = { secretKey: 'key', callbackToken: 'token', retryScale: 0.00001 }

let merchant: Merchant
let xendit: XenditStandIn

beforeEach(async () => {
  merchant = await startMerchant()
  xendit = await startXendit({ ...OPTIONS, callbackUrl: merchant.url })
})

afterEach(async () => {
  await xendit[Symbol.asyncDispose]()
  await merchant[Symbol.asyncDispose]()
})

const ask = (order: string, options: RequestInit = {}, at = xendit) =>
  fetch(`${at.url}/v2/invoices`, {
    method: 'POST',
    headers: { authorization: basic('key'), 'content-type': 'application/json' },
    body: JSON.stringify({ external_id: order, amount: 1_000 }),
    ...options,
  })

const control = (method: string, path: string, body?: unknown) =>
  fetch(`${xendit.url}/_stand-in/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })

const statuses = () => merchant.received.map(({ body }) => (JSON.parse(body) as { status: string }).status)

const orders = () => xendit.ledger().map(({ order }) => order)

describe('faults of requests', () => {
  it('refuse: the connection breaks, and nothing was done', async () => {
    xendit.arm({ kind: 'refuse' })
    await expect(ask('K-1')).rejects.toThrow('fetch failed')
    expect(orders()).toEqual([])
    expect((await ask('K-1')).status).toBe(200)
  })

  it('error-before, error-after: nothing was done, or all of it', async () => {
    xendit.arm({ kind: 'error-before', status: 503 }, { kind: 'error-after' })
    expect((await ask('K-1')).status).toBe(503)
    expect(orders()).toEqual([])
    expect((await ask('K-2')).status).toBe(500)
    expect(orders()).toEqual(['K-2'])
  })

  it('timeout-after: it was done, and the answer never comes', async () => {
    xendit.arm({ kind: 'timeout-after' })
    await expect(ask('K-1', { signal: AbortSignal.timeout(200) })).rejects.toThrow('timeout')
    expect(orders()).toEqual(['K-1'])
  })

  it('timeout-after holds up nobody who closes the stand-in', async () => {
    xendit.arm({ kind: 'timeout-after' })
    const asked = ask('K-1')
    await eventually(() => expect(orders()).toEqual(['K-1']))
    await xendit[Symbol.asyncDispose]()
    await expect(asked).rejects.toThrow('fetch failed')
  })

  it('slow: it is done later, and others do not wait', async () => {
    xendit.arm({ kind: 'slow', ms: 300, order: 'K-1' })
    const slow = ask('K-1')
    await ask('K-2')
    expect(orders()).toEqual(['K-2'])
    expect((await slow).status).toBe(200)
    expect(orders()).toEqual(['K-2', 'K-1'])
  })

  it('strike at the order and the operation that they name, as often as they say', async () => {
    xendit.arm({ kind: 'error-before', order: 'K-2', on: 'create', times: 2 })
    const answers = []
    for (const order of ['K-1', 'K-2', 'K-2', 'K-2']) answers.push((await ask(order)).status)
    expect(answers).toEqual([200, 500, 500, 200])
  })

  it('by chance are the same for the same seed', async () => {
    const run = async (seed: number): Promise<[number[], string]> => {
      await using standIn = await startXendit({ ...OPTIONS, seed })
      standIn.arm({ kind: 'error-before', chance: 0.5, times: 100 })
      const answers: number[] = []
      for (let index = 0; index < 12; index += 1) answers.push((await ask(`K-${index}`, {}, standIn)).status)
      return [answers, standIn.ledger()[0]?.id ?? '']
    }
    const [answers] = await run(3)
    expect(await run(3)).toEqual(await run(3))
    expect(new Set(answers)).toEqual(new Set([200, 500]))
    expect((await run(4))[1]).not.toBe((await run(3))[1])
  })
})

describe('faults of notifications', () => {
  /** Expires an order, then pays it late: two notifications, one after the other. */
  async function twice(order: string): Promise<void> {
    const { id } = (await (await ask(order)).json()) as { id: string }
    await fetch(`${xendit.url}/invoices/${id}/expire!`, {
      method: 'POST',
      headers: { authorization: basic('key') },
    })
    xendit.pay(order, { late: true })
  }

  it('duplicate: the same comes several times at once', async () => {
    await ask('K-1')
    xendit.arm({ kind: 'duplicate', count: 3 })
    xendit.pay('K-1')
    await xendit.quiet()
    expect(statuses()).toEqual(['PAID', 'PAID', 'PAID'])
    expect(new Set(merchant.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  })

  it('reorder: the next one overtakes it', async () => {
    xendit.arm({ kind: 'reorder', on: 'EXPIRED' })
    await twice('K-1')
    await eventually(() => expect(statuses()).toEqual(['PAID', 'EXPIRED']))
  })

  it('reorder: it comes all the same when there is no next one', async () => {
    await ask('K-1')
    xendit.arm({ kind: 'reorder', ms: 50 })
    xendit.pay('K-1')
    await xendit.quiet()
    expect(statuses()).toEqual(['PAID'])
  })

  it('late: it comes after a while, and what follows does not wait for it', async () => {
    xendit.arm({ kind: 'late', ms: 100, on: 'EXPIRED' })
    await twice('K-1')
    await xendit.quiet()
    expect(statuses()).toEqual(['PAID', 'EXPIRED'])
  })

  it('lose: it never comes', async () => {
    xendit.arm({ kind: 'lose', on: 'EXPIRED' })
    await twice('K-1')
    await xendit.quiet()
    expect(statuses()).toEqual(['PAID'])
    expect(xendit.notifications()).toMatchObject([{ state: 'lost' }, { state: 'delivered' }])
  })

  it('wrong-amount, replay: beside the true one come others that are as well attested', async () => {
    await ask('K-1')
    xendit.arm({ kind: 'wrong-amount' }, { kind: 'replay', status: 'PENDING' })
    xendit.pay('K-1')
    await xendit.quiet()
    expect(merchant.received.map(({ body }) => JSON.parse(body) as object)).toMatchObject([
      { amount: 1, paid_amount: 1, status: 'PAID' },
      { amount: 1_000, status: 'PAID' },
      { amount: 1_000, status: 'PENDING' },
    ])
  })
})

describe('the control API', () => {
  it('arms, lists and clears faults, and refuses those that there are not', async () => {
    expect(
      (await control('POST', 'faults', [{ kind: 'lose' }, { kind: 'slow', ms: 5, times: 2 }])).status,
    ).toBe(201)
    expect(await (await control('GET', 'faults')).json()).toMatchObject([
      { kind: 'lose', left: 1 },
      { kind: 'slow', ms: 5, left: 2 },
    ])
    expect(await (await control('DELETE', 'faults')).json()).toEqual([])
    const refused = await control('POST', 'faults', { kind: 'meteor' })
    expect(refused.status).toBe(400)
    expect(() => xendit.arm({ kind: 'slow', tims: 2 } as never)).toThrow('tims')
  })

  it('pays and declines, and gives the ledger and the notifications', async () => {
    await ask('K-1')
    const paid = await control('POST', 'payments/K-1/pay', { method: 'QR_CODE' })
    expect(await paid.json()).toMatchObject([{ order: 'K-1', captured: '1000' }])
    expect((await control('POST', 'payments/K-1/pay')).status).toBe(409)
    expect((await control('POST', 'payments/K-2/pay')).status).toBe(404)
    expect((await control('POST', 'payments/K-1/explode')).status).toBe(404)
    expect((await control('POST', 'payments/K-1/pay', { metod: 1 })).status).toBe(400)
    expect(await (await control('GET', 'ledger')).json()).toEqual(xendit.ledger())
    await xendit.quiet()
    expect(await (await control('GET', 'notifications')).json()).toMatchObject([
      { order: 'K-1', tells: 'PAID', state: 'delivered' },
    ])
  })

  it('does nothing for a form of another site', async () => {
    const form = await fetch(`${xendit.url}/_stand-in/faults`, {
      method: 'POST',
      body: new URLSearchParams({ kind: 'lose' }),
    })
    expect(form.status).toBe(415)
  })

  it('survives addresses that are none', async () => {
    expect((await fetch(`${xendit.url}/%E0%A4%A`)).status).toBe(400)
    expect((await fetch(`${xendit.url}/nowhere`)).status).toBe(404)
  })
})
