import { createSignedUrls, type SignedUrls } from '@karcis/kit/signed-urls'
import { z } from 'zod'

const claims = z.object({ uploadId: z.uuid() })

/** Links to documents, which only some may see. */
export type DocumentUrls = SignedUrls<z.infer<typeof claims>>

/** @param secret the same in every process of this subgraph. */
export const createDocumentUrls = (secret: string): DocumentUrls =>
  createSignedUrls(secret, 'documents', claims)
