/** A form's fields: text, lists and groups of them. Without a prototype, as the names come from outside. */
export interface Form {
  [name: string]: FormValue
}
type FormValue = string | FormValue[] | Form

/**
 * Reads a form with names in brackets, as Stripe's API takes it: `metadata[order]=1&expand[]=a&types[0]=card`.
 * https://docs.stripe.com/api (form-encoded request bodies)
 */
export function decodeForm(body: string): Form {
  const form = emptyForm()
  for (const [name, value] of new URLSearchParams(body)) {
    const [first = '', ...rest] = name.replaceAll(']', '').split('[')
    put(form, first, rest, value)
  }
  return form
}

function put(into: Form, name: string, rest: readonly string[], value: string): void {
  const [next, ...further] = rest
  if (next === undefined) {
    into[name] = value
    return
  }
  if (next === '' || /^\d+$/.test(next)) {
    const list = Array.isArray(into[name]) ? into[name] : []
    into[name] = list
    const index = next === '' ? list.length : Math.min(Number(next), list.length)
    if (further.length === 0) list[index] = value
    else put(groupIn(list, index), further[0] ?? '', further.slice(1), value)
    return
  }
  const existing = into[name]
  const group = isGroup(existing) ? existing : emptyForm()
  into[name] = group
  put(group, next, further, value)
}

function groupIn(list: FormValue[], index: number): Form {
  const existing = list[index]
  const group = isGroup(existing) ? existing : emptyForm()
  list[index] = group
  return group
}

const emptyForm = (): Form => Object.create(null) as Form

const isGroup = (value: FormValue | undefined): value is Form =>
  typeof value === 'object' && !Array.isArray(value)

/** A field that is text; undefined when it is absent, or no text. */
export function textOf(form: Form, name: string): string | undefined {
  const value = form[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A field that is a group; an empty one when it is absent. */
export function groupOf(form: Form, name: string): Form {
  const value = form[name]
  return isGroup(value) ? value : emptyForm()
}

/** A field that is a list of texts. */
export function listOf(form: Form, name: string): string[] {
  const value = form[name]
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}
