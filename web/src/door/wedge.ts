/** Between two keys of a hardware scanner, also of one by radio; nobody types so fast for long. */
const GAP_MS = 80

/** After so many keys in a row it is a scanner, and no field or button is given the others. */
const SURE = 4

/** What is shorter is no code. */
const SHORTEST = 8

/**
 * Listens for a hardware scanner, which types what it reads and ends with Enter (or Tab), whatever has the focus.
 * @param take is given what was read. @returns what ends it.
 */
export function listenForScanner(take: (code: string) => void): () => void {
  let typed = ''
  let at = Number.NEGATIVE_INFINITY
  let field: { element: HTMLInputElement | HTMLTextAreaElement; value: string } | null = null

  function onKey(event: KeyboardEvent): void {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'Shift') return
    const isSoon = event.timeStamp - at < GAP_MS
    if ((event.key === 'Enter' || event.key === 'Tab') && isSoon && typed.length >= SHORTEST) {
      consume(event)
      take(typed)
      typed = ''
      return
    }
    if (event.key.length !== 1) {
      typed = ''
      return
    }
    if (!isSoon) begin(event.target)
    typed += event.key
    at = event.timeStamp
    if (typed.length < SURE) return
    // The first few went into the field before anybody could know.
    if (field) setValue(field.element, field.value)
    field = null
    consume(event)
  }

  function begin(target: EventTarget | null): void {
    typed = ''
    const isField = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement
    field = isField ? { element: target, value: target.value } : null
  }

  document.addEventListener('keydown', onKey, { capture: true })
  return () => document.removeEventListener('keydown', onKey, { capture: true })
}

function consume(event: KeyboardEvent): void {
  event.preventDefault()
  event.stopPropagation()
}

function setValue(element: HTMLInputElement | HTMLTextAreaElement, value: string): void {
  element.value = value
  element.dispatchEvent(new Event('input', { bubbles: true }))
}
