import type { Document } from './document.ts'

let results: Record<string, unknown> | null | undefined

/**
 * The answer to a query that the server has put into the page as JSON in `<script type="application/json" id="first-paint">`, asked as nobody; once, as it
 * grows old. Its key there is `${operation name}:${variables as JSON}`.
 * @param variables as JSON.
 */
export function firstPaint<R, V>(operation: Document<R, V>, variables: string): R | null {
  if (results === undefined) results = read()
  const key = `${/^query (\w+)/.exec(operation)?.[1]}:${variables}`
  const found = results?.[key]
  if (found === undefined) return null
  if (!import.meta.env.SSR) delete results?.[key] // the server draws a part again when code for it has come
  return found as R
}

/** Where there is no page to read it from: on the server. */
export function giveFirstPaint(given: Record<string, unknown>): void {
  results = given
}

function read(): Record<string, unknown> | null {
  const text = globalThis.document?.getElementById('first-paint')?.textContent
  return text ? (JSON.parse(text) as Record<string, unknown>) : null
}
