import type { Route } from '../route.ts'

const signIn = () => import('./sign-in-pages.ts')
const account = () => import('./account-pages.ts')

const outside = ['account', 'ui', 'forms', 'errors'] as const
const inside = ['account', 'settings', 'ui', 'forms', 'errors'] as const

export const routes: readonly Route[] = [
  { path: '/sign-in', load: async () => (await signIn()).SignInPage, texts: outside },
  { path: '/sign-up', load: async () => (await signIn()).SignUpPage, texts: outside },
  { path: '/sign-in/google', load: async () => (await signIn()).GooglePage, texts: outside },
  { path: '/forgot-password', load: async () => (await signIn()).ForgotPage, texts: outside },
  // Where the links of mails lead; what they carry stands behind the #, so no server sees it.
  { path: '/sign-in/link', load: async () => (await signIn()).MagicLinkPage, texts: outside },
  { path: '/reset-password', load: async () => (await signIn()).ResetPage, texts: outside },
  { path: '/verify-email', load: async () => (await signIn()).VerifyPage, texts: outside },
  { path: '/confirm-email-change', load: async () => (await signIn()).ConfirmChangePage, texts: outside },
  { path: '/undo-email-change', load: async () => (await signIn()).UndoChangePage, texts: outside },
  { path: '/claim', load: async () => (await signIn()).ClaimPage, texts: outside },
  { path: '/staff/invitation', load: async () => (await account()).StaffInvitationPage, texts: outside },
  { path: '/account', load: async () => (await account()).ProfilePage, texts: inside },
  { path: '/account/security', load: async () => (await account()).SecurityPage, texts: inside },
  { path: '/account/sessions', load: async () => (await account()).SessionsPage, texts: inside },
  { path: '/account/notifications', load: async () => (await account()).NotificationsPage, texts: inside },
  { path: '/account/preferences', load: async () => (await account()).PreferencesPage, texts: inside },
  { path: '/account/wallet', load: async () => (await account()).WalletPage, texts: inside },
  { path: '/account/data', load: async () => (await account()).DataPage, texts: inside },
]
