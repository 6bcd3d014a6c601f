import type { Route } from '../route.ts'

/** From choosing to the ticket. */
export const routes: readonly Route[] = [
  {
    path: '/events/:slug/buy',
    load: async () => ({ default: (await import('./buy-page.tsx')).BuyPage }),
    texts: ['checkout'],
  },
  {
    path: '/checkout/:holdId',
    load: async () => ({ default: (await import('./checkout-page.tsx')).CheckoutPage }),
    texts: ['checkout'],
  },
  {
    path: '/checkout/:bookingId/pay',
    load: async () => ({ default: (await import('./pay-page.tsx')).PayPage }),
    texts: ['checkout'],
  },
  {
    path: '/checkout/:bookingId/result',
    load: async () => ({ default: (await import('./result-page.tsx')).ResultPage }),
    texts: ['checkout'],
  },
  {
    path: '/payments/:paymentId',
    load: async () => ({ default: (await import('./payment-page.tsx')).PaymentPage }),
    texts: ['checkout'],
  },
  {
    path: '/cart',
    load: async () => ({ default: (await import('./cart-page.tsx')).CartPage }),
    texts: ['checkout'],
  },
]
