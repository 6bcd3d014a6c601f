/**
 * What the header `Retry-After` asks us to wait, in seconds: it says so, or until when (RFC 9110, 10.2.3). Null where it says nothing that can be read.
 */
export function retryAfterSeconds(value: string | null | undefined): number | null {
  if (value == null) return null
  if (/^\d{1,9}$/.test(value)) return Number(value)
  const at = Date.parse(value)
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - Date.now()) / 1_000))
}
