import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { EVENTS_PATH } from '@karcis/kit/contracts/events'
import type { MailedTicket } from '@karcis/kit/contracts/mailed-ticket'
import { newId } from '@karcis/kit/ids'
import { readBody, sendJson } from '@karcis/kit/http'
import { createServiceTokens, SERVICE_TOKEN_HEADER, type Viewer } from '@karcis/kit/service-token'
import { SERVICE_SECRET } from '@karcis/testkit/people'

/** An event that another subgraph was told of. */
interface Received {
  service: string | undefined
  /** Which it was. */
  to: string | undefined
  type: string
  payload: unknown
}

/** Something that listens where the event, the ticket and the booking subgraph would. */
export interface Neighbours extends AsyncDisposable {
  url: string
  /** What it was told, in order. */
  received: Received[]
  /** For whom each question came, in order. */
  asked: { operation: string; viewer: Viewer | null }[]
  /** Events that nobody can see; all others everybody can. */
  hidden: Set<string>
  /** By ticket and owner, as `<id> of <id>`. */
  mailedTickets: Map<string, MailedTicket>
  /** Reviews that everybody sees, and who wrote them. */
  reviews: Map<string, string>
  /** By organizer. */
  eventsToCome: Map<string, number>
  /** By event: whose its tickets are, ticket by ticket. */
  holders: Map<string, string[]>
  /** By organizer: who has bought of them. */
  buyers: Map<string, string[]>
  /** Events that can be asked for, as `EventForSale`. */
  eventsForSale: Map<string, object>
  /** Events as calendars have them, by id. */
  calendarEvents: Map<string, object>
  /** By person; of who is not in it, and of what is left out, nothing is lost. */
  losses: Map<string, Partial<Loss>>
  /** Names of operations that are not answered, as by a process that has just ended. */
  unanswered: Set<string>
  /** While true, events are not taken in. */
  deaf: boolean
  /** While true, nothing is answered. */
  away: boolean
}

/** What somebody loses with their account. */
interface Loss {
  balances: { currency: string; balance: number }[]
  validTickets: number
  pendingBookings: number
  pendingTopUps: number
  pendingRefunds: number
  moneyOwed: { currency: string; balance: number }[]
}

const NOTHING: Loss = {
  balances: [],
  validTickets: 0,
  pendingBookings: 0,
  pendingTopUps: 0,
  pendingRefunds: 0,
  moneyOwed: [],
}

export async function startNeighbours(): Promise<Neighbours> {
  const names = ['event', 'ticket', 'booking'] as const
  const tokens = names.map((name) => createServiceTokens(SERVICE_SECRET, name))
  const server = createServer((request, response) => {
    if (request.method === 'GET')
      response.end() // asked whether it lives (peer-breaker.ts of the kit)
    else void answer(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const neighbours: Neighbours = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: [],
    asked: [],
    hidden: new Set(),
    mailedTickets: new Map(),
    reviews: new Map(),
    eventsToCome: new Map(),
    holders: new Map(),
    buyers: new Map(),
    eventsForSale: new Map(),
    calendarEvents: new Map(),
    losses: new Map(),
    unanswered: new Set(),
    deaf: false,
    away: false,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const token = request.headers[SERVICE_TOKEN_HEADER]?.toString()
    const callers = await Promise.all(tokens.map(({ verify }) => verify(token)))
    const callee = callers.findIndex((found) => found !== null)
    const caller = callers[callee]
    const body = JSON.parse(await readBody(request, 100_000))
    if (neighbours.away) return sendJson(response, 503, {})
    if (request.url === EVENTS_PATH) {
      if (neighbours.deaf) return sendJson(response, 503, {})
      for (const { type, payload } of body.events) {
        neighbours.received.push({ service: caller?.service, to: names[callee], type, payload })
      }
      return sendJson(response, 200, { taken: true })
    }
    const operation = /(?:query) (\w+)/.exec(body.query)?.[1] ?? ''
    if (neighbours.unanswered.has(operation)) return void response.destroy()
    neighbours.asked.push({ operation, viewer: caller?.viewer ?? null })
    sendJson(response, 200, { data: dataOf(operation, body.variables) })
  }

  function dataOf(
    operation: string,
    variables: Record<string, string> & {
      representations: { id: string }[]
      userIds: string[]
      ids: string[]
    },
  ) {
    const { id = '', organizerId = '', userId = '', eventId = '', representations } = variables
    const loss = { ...NOTHING, ...neighbours.losses.get(userId) }
    const { validTickets, ...walletsForErasure } = loss
    switch (operation) {
      case 'EventVisible':
        return { eventVisible: !neighbours.hidden.has(id) }
      case 'VisibleEvents':
        return { _entities: representations.map((event) => (neighbours.hidden.has(event.id) ? null : event)) }
      case 'VisibleReviews':
        return {
          _entities: representations.map((review) => {
            const author = neighbours.reviews.get(review.id)
            return author === undefined ? null : { id: review.id, author: { id: author } }
          }),
        }
      case 'EventsToCome':
        return { eventsToCome: neighbours.eventsToCome.get(organizerId) ?? 0 }
      case 'MailedTicket':
        return { mailedTicket: neighbours.mailedTickets.get(`${id} of ${variables.ownerId}`) ?? null }
      case 'EventForSale':
        return { eventForSale: neighbours.eventsForSale.get(id) ?? null }
      case 'CalendarEvents':
        return { calendarEvents: variables.ids.map((each) => neighbours.calendarEvents.get(each) ?? null) }
      case 'EventPlace':
        return {
          eventPlace: {
            id,
            name: 'Gedung Kesenian',
            address: 'Jalan Merdeka 1',
            city: 'Bandung',
            room: null,
            online: false,
          },
        }
      case 'TicketHolders':
        return {
          ticketHolders: (neighbours.holders.get(eventId) ?? []).map((ownerId) => ({
            ticketId: newId(),
            ownerId,
          })),
        }
      case 'PastBuyers':
        return {
          pastBuyers: (neighbours.buyers.get(organizerId) ?? []).filter((id) =>
            variables.userIds.includes(id),
          ),
        }
      case 'ErasureLoss':
        return { erasureLoss: { validTickets } }
      case 'WalletsForErasure':
        return { walletsForErasure }
      case 'PersonalDataOfEvents':
      case 'PersonalDataOfTickets':
      case 'PersonalDataOfBookings':
        return { part: JSON.stringify({ [operation]: userId }) }
      default:
        return null
    }
  }

  return neighbours
}
