/** What a buyer has said of a hold that the API does not know yet. Of this tab, and gone with it. */
export interface Draft {
  promoCodes: string[]
  /** What they give for each DONATION ticket, in the smallest unit of its currency; null for the least. */
  unitPrice: number | null
}

const NOTHING: Draft = { promoCodes: [], unitPrice: null }

/** What was said of a hold before, also before a reload. */
export const readDraft = (holdId: string): Draft => ({
  ...NOTHING,
  ...(read(`checkout ${holdId}`) as Partial<Draft>),
})

export const writeDraft = (holdId: string, draft: Draft): void => write(`checkout ${holdId}`, draft)

/** What was chosen of an event, and how it is opened. */
export interface Choice {
  selection: Record<string, number>
  accessCode: string
  unitPrice: number | null
}

export const readChoice = (eventId: string): Choice => ({
  selection: {},
  accessCode: '',
  unitPrice: null,
  ...(read(`choice ${eventId}`) as Partial<Choice>),
})

export const writeChoice = (eventId: string, choice: Choice): void => write(`choice ${eventId}`, choice)

/** Where somebody goes on once a payment that is of no single booking is made. */
export const writeWayBack = (paymentId: string, path: string): void => write(`payment ${paymentId}`, { path })

export const readWayBack = (paymentId: string): string | undefined =>
  (read(`payment ${paymentId}`) as { path?: string }).path

function read(key: string): object {
  try {
    return (JSON.parse(sessionStorage.getItem(key) ?? '{}') ?? {}) as object
  } catch {
    return {} // a browser that keeps nothing for sites, or what is not ours
  }
}

function write(key: string, value: object): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(value))
  } catch {
    // It is filled in again after a reload.
  }
}
