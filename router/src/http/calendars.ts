import {
  CALENDAR_FEED_FOLDER,
  CALENDAR_FOLDER,
  calendarEventId,
  calendarFeedToken,
} from '@karcis/kit/contracts/calendars'
import { sendJson } from '@karcis/kit/http'
import type { ServiceTokens } from '@karcis/kit/service-token'
import { errorBody } from '../errors.ts'
import type { RateLimits } from '../security/rate-limits.ts'
import type { Peers } from '../subgraphs/peers.ts'
import { refuse as refuseRequest } from './graphql.ts'
import type { Handler, HttpRequest } from './http-server.ts'
import { createSubgraphFiles, refuseForNow, type SubgraphFiles } from './subgraph-files.ts'

/** Some 2 kB each; feeds up to some 500. */
const AT_ONCE = 64

/** An event is everybody's: whatever is in between may keep it for a while. A feed is one person's, and asked for anew each time. */
const EVENT_CACHE = 'public, max-age=300'
const FEED_CACHE = 'private, no-cache'

export interface Calendars extends AsyncDisposable {
  routes: Record<string, Handler>
}

/**
 * Calendars: an event for everybody, of the event subgraph, and what somebody holds tickets for, of the ticket subgraph, by a link that says all.
 * @param urls base URLs of the two.
 */
export function createCalendars(
  urls: { event: string; ticket: string },
  tokens: ServiceTokens,
  peers: Peers,
  rates: RateLimits,
): Calendars {
  const files = {
    event: createSubgraphFiles('event', urls.event, tokens, peers, AT_ONCE),
    ticket: createSubgraphFiles('ticket', urls.ticket, tokens, peers, AT_ONCE),
  }

  async function serve(http: HttpRequest): Promise<void> {
    const { request, response, url } = http
    if (request.method !== 'GET')
      return sendJson(response, 405, errorBody('BAD_USER_INPUT', 'A calendar is read by GET.'), {
        allow: 'GET',
      })
    const { pathname } = url
    if (!pathname.startsWith(CALENDAR_FEED_FOLDER)) {
      if (calendarEventId(pathname.slice(CALENDAR_FOLDER.length)) === null) return refuse(http, 404)
      return pass(http, files.event, pathname, EVENT_CACHE, (status) => refuse(http, status))
    }
    if (calendarFeedToken(pathname.slice(CALENDAR_FEED_FOLDER.length)) === null) return refuseFeed(http, 404)
    const lang = url.searchParams.get('lang')
    const path = pathname + (lang === null ? '' : `?${new URLSearchParams({ lang })}`)
    await pass(http, files.ticket, path, FEED_CACHE, (status) => refuseFeed(http, status))
  }

  const pass = (
    http: HttpRequest,
    from: SubgraphFiles,
    path: string,
    cacheControl: string,
    refused: (status: number) => void,
  ): Promise<void> => {
    const language = http.request.headers['accept-language']
    const headers: Record<string, string> = language === undefined ? {} : { 'accept-language': language }
    return from.pass(http, { path, viewer: null, headers, cacheControl }, refused)
  }

  /**
   * Who tries links has only so many tries as requests in an hour. What is right does not count: the servers of a calendar fetch the feeds of very
   * many people, and go on asking for those that were ended.
   */
  function refuseFeed(http: HttpRequest, status: number): void {
    const limited = status === 404 ? rates.of(null, http.address)?.request() : null
    if (limited) return refuseRequest(http.response, limited)
    refuse(http, status)
  }

  return {
    routes: { [CALENDAR_FOLDER]: serve },
    async [Symbol.asyncDispose]() {
      await Promise.all(Object.values(files).map((each) => each[Symbol.asyncDispose]()))
    },
  }
}

const NO_STORE = { 'cache-control': 'no-store' }

function refuse(http: HttpRequest, status: number): void {
  const { response } = http
  if (status === 404)
    return sendJson(response, 404, errorBody('NOT_FOUND', 'There is no such calendar.'), NO_STORE)
  if (status !== 429) return refuseForNow(http, NO_STORE)
  const facts = { retryAfterSeconds: 60 }
  const refusal = errorBody('RATE_LIMITED', 'This calendar is asked for too often. Wait a while.', facts)
  sendJson(response, 429, refusal, { ...NO_STORE, 'retry-after': String(facts.retryAfterSeconds) })
}
