import type { Route } from '../route.ts'

/** From choosing to the ticket. */
export const routes: readonly Route[] = [
  {
    path: '/events/:slug/buy',
    load: async () => ({ default: (await import('./buy-page.tsx')).BuyPage }),
    texts: ['checkout', 'ui', 'errors'],
  },
  {
    path: '/checkout/:holdId',
    load: async () => ({ default: (await import('./checkout-page.tsx')).CheckoutPage }),
    texts: ['checkout', 'ui', 'errors'],
  },
  {
    path: '/checkout/:bookingId/pay',
    load: async () => ({ default: (await import('./pay-page.tsx')).PayPage }),
    texts: ['checkout', 'ui', 'errors'],
  },
  {
    path: '/checkout/:bookingId/result',
    load: async () => ({ default: (await import('./result-page.tsx')).ResultPage }),
    texts: ['checkout', 'ui', 'errors'],
  },
  {
    path: '/payments/:paymentId',
    load: async () => ({ default: (await import('./payment-page.tsx')).PaymentPage }),
    texts: ['checkout', 'ui', 'errors'],
  },
  {
    path: '/cart',
    load: async () => ({ default: (await import('./cart-page.tsx')).CartPage }),
    texts: ['checkout', 'ui', 'errors'],
  },
]
