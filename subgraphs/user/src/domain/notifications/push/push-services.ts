import type { Logger } from '@karcis/kit/log'
import type { Outcome, Sender } from '@karcis/kit/outside/post'
import { createOutsideService } from '../channels/outside-service.ts'

/** The push services of browsers, by how their hosts end. */
const SERVICES = [
  'googleapis.com',
  'push.services.mozilla.com',
  'push.apple.com',
  'notify.windows.com',
] as const

type Answer = Outcome & { status: number }

/** Posts to push services, and leaves those in peace that do not answer. */
export interface PushServices extends Disposable {
  /** @throws RetryLater when nobody was asked; Error when there was no answer. */
  post(...args: Parameters<Sender>): Promise<Answer>
}

/**
 * A circuit breaker before each of the services that browsers have by themselves. Any other is of somebody's own choice, and asked each time: it is alone with what it
 * fails to answer, and of names that anybody can make up nothing is remembered.
 * @param send posts to URLs of somebody else's choice.
 */
export function createPushServices(log: Logger, send: Sender): PushServices {
  const services = SERVICES.map((host) => ({ host, service: createOutsideService(`push ${host}`, log) }))

  async function ask(...args: Parameters<Sender>): Promise<Answer> {
    const { status, ...outcome } = await send(...args)
    if (status === null) throw new Error(outcome.error ?? 'no answer')
    return { ...outcome, status }
  }
  return {
    post(...args) {
      const { hostname } = new URL(args[0])
      const known = services.find(({ host }) => hostname === host || hostname.endsWith(`.${host}`))
      return known ? known.service.ask(() => ask(...args)) : ask(...args)
    },
    [Symbol.dispose]() {
      for (const { service } of services) service[Symbol.dispose]()
    },
  }
}
