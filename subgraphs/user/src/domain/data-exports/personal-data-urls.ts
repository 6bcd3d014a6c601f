import { createSignedUrls, type SignedUrls } from '@karcis/kit/signed-urls'
import { z } from 'zod'

const claims = z.object({ exportId: z.uuid() })

/** Links to files of what is kept of people. */
export type PersonalDataUrls = SignedUrls<z.infer<typeof claims>>

/** @param secret the same in every process of this subgraph. */
export const createPersonalDataUrls = (secret: string): PersonalDataUrls =>
  createSignedUrls(secret, 'personal data', claims)
