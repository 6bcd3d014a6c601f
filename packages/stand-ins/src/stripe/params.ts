import { invalid } from './failure.ts'
import { type Form, groupOf, textOf } from './form.ts'
import type { Metadata } from './objects.ts'

/** @throws StripeFailure for a parameter that there is not, as a misspelt one */
export function allowOnly(form: Form, names: string): void {
  const unknown = Object.keys(form).find((name) => !names.split(' ').includes(name))
  if (unknown)
    throw invalid(`Received unknown parameter: ${unknown}`, { code: 'parameter_unknown', param: unknown })
}

/** A whole number of the currency's smallest units, 1 or more; undefined when absent. @throws StripeFailure */
export function amountOf(form: Form, name: string): number | undefined {
  const text = textOf(form, name)
  if (text === undefined) return undefined
  if (!/^\d+$/.test(text))
    throw invalid(`Invalid integer: ${text}`, { code: 'parameter_invalid_integer', param: name })
  const amount = Number(text)
  if (amount < 1)
    throw invalid('This value must be greater than or equal to 1.', {
      code: 'parameter_invalid_integer',
      param: name,
    })
  if (amount > 999_999_999_999)
    throw invalid('Amount is too large.', { code: 'amount_too_large', param: name })
  return amount
}

export function metadataOf(form: Form): Metadata {
  const metadata: Metadata = {}
  for (const [name, value] of Object.entries(groupOf(form, 'metadata'))) {
    if (typeof value === 'string' && value !== '') metadata[name] = value
  }
  return metadata
}

/** Sets what is given, and takes out what is given as empty: https://docs.stripe.com/api/metadata */
export function mergeMetadata(object: { metadata: Metadata }, form: Form): void {
  const given = groupOf(form, 'metadata')
  const kept = Object.entries(object.metadata).filter(([name]) => given[name] === undefined)
  object.metadata = { ...Object.fromEntries(kept), ...metadataOf(form) }
}
