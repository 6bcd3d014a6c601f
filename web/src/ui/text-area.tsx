import type { TextareaHTMLAttributes } from 'preact'
import { useFieldControl } from './field.tsx'

/** Several lines that are typed; it grows with them where the browser can. */
export function TextArea(props: TextareaHTMLAttributes) {
  return <textarea rows={4} {...useFieldControl()} {...props} class="control" />
}
