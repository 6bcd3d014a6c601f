import type { Viewer } from '@karcis/kit/service-token'
import { tell } from '@karcis/testkit/ask'
import { type OnSale, toldOf, type World } from './world.ts'

export const REDEEM = `mutation ($input: RedeemPromoInput!) { redeemPromo(input: $input) {
  subtotal discount totalPrice currency items { name quantity discount ticketType { id } } promos { code discount } } }`

export const UPDATE_CODE = `mutation ($input: UpdatePromoCodeInput!) {
  updatePromoCode(input: $input) { id active percent maxUses used } }`

/** A promo code. @throws Error with what it was refused for. */
export async function makePromo(
  { ask }: Pick<World, 'ask'>,
  viewer: Viewer,
  input: Record<string, unknown>,
): Promise<{ id: string; code: string }> {
  const { data, errors } = await ask(
    viewer,
    'mutation ($input: CreatePromoCodeInput!) { createPromoCode(input: $input) { id code } }',
    { input },
  )
  if (!data.createPromoCode) throw new Error(JSON.stringify(errors))
  return data.createPromoCode
}

/** How often a code of an event is used, as its organizer sees it. */
export async function usedOf({ ask }: Pick<World, 'ask'>, event: OnSale, codeId: string): Promise<number> {
  const query = 'query ($id: ID!) { promoCodes(eventId: $id) { edges { node { id used } } } }'
  const { data } = await ask(event.organizer, query, { id: event.eventId })
  const nodes: { id: string; used: number }[] = data.promoCodes.edges.map(
    (edge: { node: unknown }) => edge.node,
  )
  return nodes.find(({ id }) => id === codeId)?.used ?? Number.NaN
}

/** An event on sale, of which the booking subgraph has been told too: it knows whose it is. */
export async function eventOnSale(world: World, currency = 'IDR'): Promise<OnSale> {
  const event = await world.eventOnSale(currency)
  const payload = toldOf(event, currency)
  await tell(world.subgraph, 'event', { type: 'event.changed', aggregateId: event.eventId, payload })
  return event
}
