export { BookingPage } from './booking-page.tsx'
export { BookingsPage } from './bookings-page.tsx'
export { TicketPage } from './ticket-page.tsx'
export { TicketsPage } from './tickets-page.tsx'
