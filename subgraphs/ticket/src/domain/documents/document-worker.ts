import { serveTasks } from '@karcis/kit/workers/thread'
import { makeApplePass } from './apple-pass.ts'
import type { TicketDocument } from './document.ts'
import type { Language } from './document-words.ts'
import { drawTicket } from './draw-ticket.ts'
import type { AppleSigner } from './wallet-signers.ts'

/** What takes too long for the thread that answers. */
export interface DocumentTask {
  ticket: TicketDocument
  language: Language
  /** Of a pass for Apple Wallet; null: a PDF. */
  signer: AppleSigner | null
}

serveTasks(({ ticket, language, signer }: DocumentTask) =>
  signer ? makeApplePass(ticket, language, signer) : drawTicket(ticket, language),
)
