/**
 * Has the ticket subgraph give the event `$toEventId` the ticket types, seat map and questions of `$fromEventId`, as they are now and with nothing sold;
 * whether it did, under `copySale`: false where the one has some already. The event subgraph asks it.
 */
export const COPY_SALE = `mutation CopySale($fromEventId: ID!, $toEventId: ID!) {
  copySale(fromEventId: $fromEventId, toEventId: $toEventId)
}`
