import { createSignedUrls, type SignedUrls } from '@karcis/kit/signed-urls'
import { createWorkerPool, type WorkerPool } from '@karcis/kit/workers/pool'
import { z } from 'zod'
import type { InvoiceDrawing } from './draw-invoice.ts'

const claims = z.object({ id: z.uuid(), language: z.enum(['ID', 'EN']) })

/** Links to invoices, and the thread that draws them. */
export interface InvoiceFiles {
  links: SignedUrls<z.infer<typeof claims>>
  drawn: WorkerPool<InvoiceDrawing, Uint8Array>
}

/** @param secret the same in every process: a link that one has signed, another reads. */
export const createInvoiceFiles = (secret: string): InvoiceFiles => ({
  links: createSignedUrls(secret, 'booking invoices', claims),
  drawn: createWorkerPool({
    script: new URL('./invoice-worker.ts', import.meta.url),
    size: 1,
    refusals: {
      own: 'Too many invoices at once. Wait a while.',
      all: 'Too many invoices are being drawn just now. Try again.',
    },
  }),
})
