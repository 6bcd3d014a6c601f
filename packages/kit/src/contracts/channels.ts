/** Channels of the bus by what they tell of, each by the id of that thing. All processes share one Redis. */
export const CHANNELS = {
  event: (id: string) => `event:${id}`,
  seatMap: (eventId: string) => `seat-map:${eventId}`,
  stock: (eventId: string) => `stock:${eventId}`,
  queue: (eventId: string) => `queue:${eventId}`,
  checkIns: (eventId: string) => `check-ins:${eventId}`,
  booking: (id: string) => `booking:${id}`,
  notifications: (userId: string) => `notifications:${userId}`,
}
