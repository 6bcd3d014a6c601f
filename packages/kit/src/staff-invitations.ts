import { z } from 'zod'
import { createSignedUrls, type SignedUrls } from './signed-urls.ts'

/** What the link of an invitation says; it is made where the mail is written, and read where the staff is kept. */
const invitationClaims = z.object({ id: z.uuid() })

export type InvitationLinks = SignedUrls<z.infer<typeof invitationClaims>>

/**
 * Links to join the staff of an event. They are stored nowhere: each is signed, names its invitation, and is worth as much as that still is.
 * @param secret of the processes of the system.
 */
export const createInvitationLinks = (secret: string): InvitationLinks =>
  createSignedUrls(secret, 'staff invitations', invitationClaims)
