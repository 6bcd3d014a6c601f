import type { Route } from '../route.ts'

const pages = () => import('./pages.ts')
const texts = ['checkout', 'ui', 'forms', 'errors'] as const

/** From choosing to the ticket. */
export const routes: readonly Route[] = [
  {
    path: '/events/:slug/buy',
    load: async () => (await pages()).BuyPage,
    texts,
  },
  {
    path: '/checkout/:holdId',
    load: async () => (await pages()).CheckoutPage,
    texts,
  },
  {
    path: '/checkout/:bookingId/pay',
    load: async () => (await pages()).PayPage,
    texts,
  },
  {
    path: '/checkout/:bookingId/result',
    load: async () => (await pages()).ResultPage,
    texts,
  },
  {
    path: '/payments/:paymentId',
    load: async () => (await pages()).PaymentPage,
    texts,
  },
  {
    path: '/cart',
    load: async () => (await pages()).CartPage,
    texts,
  },
]
