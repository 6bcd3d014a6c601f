import type { Connection } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import type { Account } from './account-store.ts'
import { ERASED_NAME } from './erased.ts'

/** A person as one viewer may see them: what is not for that viewer is null. */
export interface UserView {
  id: string
  name: string
  avatarUrl: string | null
  email: string | null
  phoneNumber: string | null
  address: string | null
  role: Account['role'] | null
  emailVerified: boolean | null
  createdAt: Date | null
  language: Account['language'] | null
  timezone: string | null
  suspendedAt: Date | null
  suspensionReason: string | null
  /** Whether this viewer sees everything. */
  full: boolean
}

export type UserViewConnection = Connection<UserView>

/** Who may see, and change, what is private of an account: the person themselves, and admins. */
export const isSelfOrAdmin = (viewer: Viewer | null, userId: string): boolean =>
  viewer?.id === userId || viewer?.role === 'ADMIN'

/** An account as the viewer may see it. */
export const viewFor = (viewer: Viewer | null, account: Account): UserView =>
  isSelfOrAdmin(viewer, account.id) ? fullView(account) : publicView(account)

/** Everything: for the people themselves, as in the answer to their own sign-in, and for admins. */
export function fullView(account: Account): UserView {
  const {
    email,
    guestEmail,
    phoneNumber,
    address,
    role,
    emailVerifiedAt,
    createdAt,
    suspendedAt,
    suspensionReason,
  } = account
  const { language, timezone } = account
  return {
    ...publicView(account),
    email: email ?? guestEmail,
    phoneNumber,
    address,
    role,
    emailVerified: emailVerifiedAt !== null,
    createdAt,
    language,
    timezone,
    suspendedAt,
    suspensionReason,
    full: true,
  }
}

const publicView = (account: Account): UserView => ({
  id: account.id,
  name: account.deletedAt ? ERASED_NAME : account.name,
  avatarUrl: account.avatarUrl,
  email: null,
  phoneNumber: null,
  address: null,
  role: null,
  emailVerified: null,
  createdAt: null,
  language: null,
  timezone: null,
  suspendedAt: null,
  suspensionReason: null,
  full: false,
})
