/** How others see whoever was erased. */
export const ERASED_NAME = 'Deleted user'

/** What is left of a person in their row; a CHECK holds us to it. */
export const NOTHING = {
  email: null,
  guestEmail: null,
  guestBoughtAt: null,
  guestPaysUntil: null,
  guestClaimedBy: null,
  guestClaimedAt: null,
  passwordHash: null,
  name: '-',
  phoneNumber: null,
  address: null,
  avatarUrl: null,
  emailVerifiedAt: null,
  suspendedAt: null,
  suspensionReason: null,
  role: 'CUSTOMER',
} as const
