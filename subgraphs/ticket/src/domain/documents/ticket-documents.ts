import { createSignedUrls, type SignedUrls } from '@karcis/kit/signed-urls'
import { createWorkerPool, type WorkerPool } from '@karcis/kit/workers/pool'
import { z } from 'zod'
import { LANGUAGES } from './document-words.ts'
import type { DocumentTask } from './document-worker.ts'
import type { AppleSigner, GoogleIssuer } from './wallet-signers.ts'

const claims = z.object({ id: z.uuid(), language: z.enum(LANGUAGES) })

/** Links to documents of tickets, the thread that makes them, and who signs those for wallets; null where that is not set up. */
export interface TicketDocuments {
  links: SignedUrls<z.infer<typeof claims>>
  made: WorkerPool<DocumentTask, Uint8Array>
  apple: AppleSigner | null
  google: GoogleIssuer | null
}

/** @param secret the same in every process: a link that one has signed, another reads. */
export const createTicketDocuments = (
  secret: string,
  signers: Pick<TicketDocuments, 'apple' | 'google'>,
): TicketDocuments => ({
  links: createSignedUrls(secret, 'documents of tickets', claims),
  made: createWorkerPool({
    script: new URL('./document-worker.ts', import.meta.url),
    size: 1,
    refusals: {
      own: 'Too many tickets are being drawn for you. Wait a while.',
      all: 'Too many tickets are being drawn just now. Try again.',
    },
  }),
  ...signers,
})
