import { backOffSeconds } from '@karcis/kit/back-off'
import { transaction } from '@karcis/kit/database'
import { keepLooking, type Lookout } from '@karcis/kit/lookout'
import { isAway } from '@karcis/kit/outages'
import type { Deps } from '../../deps.ts'
import { type Channel, NeverTaken, RetryLater } from '../channels/channel.ts'
import { type ChannelName, isKind, KINDS, kindOf, PRIORITY } from '../kinds.ts'
import { word } from '../texts/word.ts'
import {
  type DueDelivery,
  insertDeadAddress,
  lockPace,
  moveToEnded,
  moveToSent,
  takeDue,
  updateGivenBack,
  updatePace,
  updateTried,
} from './delivery-store.ts'

/** Messages that one process hands over at once by a channel; so many of them are kept free for what is urgent, and campaigns have no more than a few. */
const AT_ONCE = 32
const FOR_URGENT = 4
const OF_CAMPAIGNS = 8
/** Between two looks for what is due, while there is something and while there was nothing. */
const BUSY_MS = 50
const IDLE_MS = 1_000
/** Shorter than the lease of a delivery. */
const SEND_MS = 30_000
/** What is under way when the process closes has so long; then it is given back, for another process to send. */
const CLOSE_MS = 2_000

const BACK_OFF = { firstSeconds: 5, grows: 3, mostSeconds: 2 * 3_600 }
const REASON_LENGTH = 500

/** How much of a channel may be used. */
export interface DeliveryLimits {
  /** Messages a second, over all processes. */
  perSecond: Readonly<Record<ChannelName, number>>
  /** The same of what is a campaign's, by each channel. */
  campaignsPerSecond: number
  /** After so many attempts a message is given up. */
  attempts: number
}

export type DispatcherDeps = Pick<Deps, 'db' | 'log' | 'channels' | 'messageSealer' | 'publicUrl'>

/**
 * Sends what is due by each channel, for as long as the process lives. It rests on nothing but the table of deliveries, no job among it, and any number of processes
 * may do it: together they keep to the channel's rate, each takes others, and what one took and died with is due again after its lease.
 */
export function dispatchDeliveries(deps: DispatcherDeps, limits: DeliveryLimits): Lookout {
  const dispatchers = deps.channels.map((channel) => dispatchBy(deps, limits, channel))
  return {
    wake() {
      for (const dispatcher of dispatchers) dispatcher.wake()
    },
    async close() {
      await Promise.all(dispatchers.map((dispatcher) => dispatcher.close()))
    },
  }
}

function dispatchBy(
  deps: DispatcherDeps,
  { perSecond, campaignsPerSecond, attempts }: DeliveryLimits,
  channel: Channel,
): Lookout {
  const givingUp = new AbortController()
  const underWay = new Map<DueDelivery, Promise<void>>()
  const rate = { all: perSecond[channel.name], campaigns: campaignsPerSecond }

  /** @returns how long to rest: not at all after something was taken. */
  async function look(): Promise<number> {
    const all = [...underWay.keys()]
    const room = {
      all: AT_ONCE - all.length,
      rest: AT_ONCE - FOR_URGENT - all.filter(({ priority }) => priority > PRIORITY.SECURITY).length,
      campaigns: OF_CAMPAIGNS - countCampaigns(all),
    }
    if (room.all <= 0) return BUSY_MS
    const due = await transaction(deps.db, async (tx) => {
      const slots = await lockPace(tx, channel.name, rate)
      const taken = await takeDue(tx, channel.name, slots, room)
      if (taken.length > 0)
        await updatePace(tx, channel.name, rate, { all: taken.length, campaigns: countCampaigns(taken) })
      return taken
    })
    for (const delivery of due) underWay.set(delivery, attempt(delivery))
    if (due.length > 0) return 0
    return underWay.size > 0 ? BUSY_MS : IDLE_MS
  }

  async function attempt(delivery: DueDelivery): Promise<void> {
    try {
      await deliver(deps, channel, delivery, attempts, givingUp.signal)
    } catch (error) {
      // What came of it is not known here: it is due again after its lease.
      if (!isAway(error, deps.log))
        deps.log.error({ err: error, deliveryId: delivery.id }, 'a delivery failed')
    } finally {
      underWay.delete(delivery)
    }
  }

  const lookout = keepLooking(look, {
    soonMs: BUSY_MS,
    idleMs: IDLE_MS,
    log: deps.log,
    failed: 'due deliveries cannot be looked for',
  })

  return {
    wake: () => lookout.wake(),
    async close() {
      await lookout.close()
      const cut = setTimeout(() => givingUp.abort(), CLOSE_MS)
      await Promise.all(underWay.values())
      clearTimeout(cut)
    },
  }
}

const countCampaigns = (deliveries: readonly DueDelivery[]): number =>
  deliveries.filter(({ priority }) => priority === PRIORITY.CAMPAIGN).length

/** Makes one attempt, and writes down what came of it. @param closing gives up: the process ends. */
async function deliver(
  deps: DispatcherDeps,
  channel: Channel,
  delivery: DueDelivery,
  attempts: number,
  closing: AbortSignal,
): Promise<void> {
  const { db, log } = deps
  try {
    const signal = AbortSignal.any([closing, AbortSignal.timeout(SEND_MS)])
    const message = messageOf(deps, delivery)
    const outcome = await channel.send(message, signal)
    await transaction(db, async (tx) => {
      if (outcome === 'SENT') return moveToSent(tx, delivery.id)
      await moveToEnded(tx, channel.name, delivery, outcome)
      return channel.ended
        ? channel.ended(tx, message, outcome)
        : insertDeadAddress(tx, channel.name, delivery.address)
    })
  } catch (error) {
    if (closing.aborted) return transaction(db, (tx) => updateGivenBack(tx, delivery))
    const last = delivery.attempt >= attempts || error instanceof NeverTaken
    const asked = error instanceof RetryLater ? error.afterSeconds : 0
    const pause = Math.max(backOffSeconds(delivery.attempt, Math.random(), BACK_OFF), asked)
    const reason = String(error instanceof Error ? error.message : error).slice(0, REASON_LENGTH)
    log.warn(
      { deliveryId: delivery.id, kind: delivery.kind, attempt: delivery.attempt, last, reason },
      'not delivered',
    )
    await transaction(db, (tx) => updateTried(tx, delivery, reason, last ? null : pause))
  }
}

/** @throws Error for what cannot be put into words. */
function messageOf({ messageSealer, publicUrl }: DispatcherDeps, delivery: DueDelivery) {
  const { id, userId, address: to, kind, data, until, language, timezone } = delivery
  if (!isKind(kind)) throw new Error(`nothing is known of the kind ${kind}`)
  const secret = delivery.secret ? messageSealer.unseal(delivery.secret) : ''
  return {
    id,
    userId,
    to,
    language,
    kind,
    group: KINDS[kind].group,
    data: kindOf(kind).data.parse(data),
    until,
    wording: word(kind, data, { language, timezone }, publicUrl, secret),
  }
}
