import { z } from 'zod'

/** Whether the viewer may see the event `$id`, a boolean under `eventVisible`; asked of the event subgraph. */
export const EVENT_VISIBLE = 'query EventVisible($id: ID!) { eventVisible(id: $id) }'

/** Which of the events that `$representations` name the viewer may see: null under `_entities` for each of the others. */
export const VISIBLE_EVENTS = `query VisibleEvents($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on Event { id } }
}`

/** How many events of the organizer `$organizerId` are still to come, under `eventsToCome`; asked of the event subgraph. */
export const EVENTS_TO_COME =
  'query EventsToCome($organizerId: ID!) { eventsToCome(organizerId: $organizerId) }'

/** Tickets that would be lost with an account. */
export const erasureLoss = z.object({
  /** Valid ones, of events that are not over. */
  validTickets: z.int(),
})

/** Asks the ticket subgraph for them, of the user `$userId`. Answered under `erasureLoss`, never null. */
export const ERASURE_LOSS = `query ErasureLoss($userId: ID!) {
  erasureLoss(userId: $userId) { ${Object.keys(erasureLoss.shape).join(' ')} }
}`

/** Whose an address is, under `userByEmail`; null when it is nobody's. Asked of the user subgraph, of `$email`. */
export const USER_BY_EMAIL = 'query UserByEmail($email: String!) { userByEmail(email: $email) { id } }'

export const userByEmail = z.object({ userByEmail: z.object({ id: z.uuid() }).nullable() })

/** Addresses that the user subgraph is asked about at once. */
export const MOST_EMAILS = 1_000

/** Whose each of `$emails` is, in their order, under `usersByEmail`; null for one that is nobody's. Asked of the user subgraph. */
export const USERS_BY_EMAIL =
  'query UsersByEmail($emails: [String!]!) { usersByEmail(emails: $emails) { id } }'

export const usersByEmail = z.object({ usersByEmail: z.array(z.object({ id: z.uuid() }).nullable()) })
