/**
 * Takes all of the event `$eventId` out of sale, for good, unless something of it was ever sold or somebody holds a place; whether it did, under
 * `closeUnsold`. The event subgraph asks the ticket subgraph, before it deletes an event that was approved.
 */
export const CLOSE_UNSOLD = 'mutation CloseUnsold($eventId: ID!) { closeUnsold(eventId: $eventId) }'
