/** Keeps answers on this device for when there is no connection. Which ones, and for how long, is the offline room's to say, which stands above this one. */
export interface Keeper {
  /** @param variables as JSON. */
  keep(document: string, variables: string, data: unknown): Promise<void>
  /** What was kept of a query that failed for want of a connection; undefined for nothing. */
  find(document: string, variables: string, failure: unknown): Promise<unknown>
}

let load: (() => Promise<Keeper>) | null = null

/** Says who keeps answers; their code loads when it is needed. */
export function keepBy(keeper: () => Promise<Keeper>): void {
  load = keeper
}

/** Keeps an answer, if it is one to keep and the browser keeps anything. */
export async function keepAnswered(document: string, variables: string | null, data: unknown): Promise<void> {
  try {
    if (load && variables !== null) await (await load()).keep(document, variables, data)
  } catch {
    // A browser that keeps nothing.
  }
}

/** What was kept of a query that failed; undefined for nothing. */
export async function keptFor<R>(
  document: string,
  variables: string | null,
  failure: unknown,
): Promise<R | undefined> {
  try {
    if (load && variables !== null)
      return (await (await load()).find(document, variables, failure)) as R | undefined
  } catch {
    // A browser that keeps nothing.
  }
  return undefined
}
