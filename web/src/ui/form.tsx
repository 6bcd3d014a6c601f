import { type ReadonlySignal, useSignal } from '@preact/signals'
import { type ComponentChildren, createContext } from 'preact'
import { useRef } from 'preact/hooks'
import { ApiError } from '../api/api-error.ts'
import { explain, useTexts } from '../texts/index.ts'
import './form.css'
import { Notice } from './notice.tsx'

/** By name of the control, what is wrong with it. */
export const FormErrors = createContext<ReadonlySignal<ReadonlyMap<string, string>> | null>(null)

interface FormProps {
  /**
   * Called with what was given, once every control is as the browser wants it. An ApiError that it throws is shown: what it says of
   * single fields at those (the last part of its path is the name of the control), the rest above the form.
   */
  onSubmit(data: FormData, form: HTMLFormElement): unknown
  children: ComponentChildren | ((busy: boolean) => ComponentChildren)
  class?: string
  label?: string
}

/** A form that says what is wrong at each field, in the person's language, and goes to the first of them. */
export function Form({ onSubmit, children, class: extra, label }: FormProps) {
  const t = useTexts('forms')
  const errors = useSignal<ReadonlyMap<string, string>>(new Map())
  const failure = useSignal<ApiError | null>(null)
  const busy = useSignal(false)
  const form = useRef<HTMLFormElement>(null)

  const show = (found: ReadonlyMap<string, string>) => {
    errors.value = found
    const first = Array.from(form.current?.elements ?? []).find((element) => found.has(nameOf(element)))
    if (first instanceof HTMLElement) first.focus()
  }

  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    if (busy.value || !form.current) return
    failure.value = null
    const found = new Map<string, string>()
    for (const element of Array.from(form.current.elements)) {
      if (!('validity' in element) || !nameOf(element) || found.has(nameOf(element))) continue
      const message = complaint(element as HTMLInputElement, t)
      if (message) found.set(nameOf(element), message)
    }
    show(found)
    if (found.size > 0) return
    busy.value = true
    try {
      await onSubmit(new FormData(form.current), form.current)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      const named = new Map(
        (error.fields ?? []).map(({ path, message }) => [path.split('.').at(-1) ?? '', message]),
      )
      const here = new Set(Array.from(form.current?.elements ?? [], nameOf))
      if (named.size === 0 || Array.from(named.keys()).some((name) => !here.has(name))) failure.value = error
      show(named)
    } finally {
      busy.value = false
    }
  }

  const failed = failure.value && explain(failure.value)
  return (
    <FormErrors.Provider value={errors}>
      <form
        ref={form}
        class={extra ? `form ${extra}` : 'form'}
        noValidate
        aria-label={label}
        aria-busy={busy.value || undefined}
        onSubmit={(event) => void submit(event)}
        onInput={({ target }) => {
          const name = target instanceof Element ? nameOf(target) : ''
          if (errors.value.has(name))
            errors.value = new Map(Array.from(errors.value).filter(([key]) => key !== name))
        }}
      >
        {failed && (
          <Notice tone="danger" title={failed.title} alert>
            {failed.text}
          </Notice>
        )}
        {typeof children === 'function' ? children(busy.value) : children}
      </form>
    </FormErrors.Provider>
  )
}

const nameOf = (element: Element): string => element.getAttribute('name') ?? ''

/** What the browser minds about a control, in our own words; its own are in its language, not in the person's. */
function complaint(control: HTMLInputElement, t: ReturnType<typeof useTexts<'forms'>>): string | null {
  const { validity } = control
  if (validity.valid) return null
  if (validity.customError) return control.validationMessage
  if (validity.valueMissing)
    return control.type === 'checkbox' ? t.tick : control.type === 'radio' ? t.choose : t.required
  if (validity.typeMismatch || validity.badInput)
    return control.type === 'email' ? t.email : control.type === 'url' ? t.url : t.format
  if (validity.tooShort) return t.tooShort(control.minLength)
  if (validity.tooLong) return t.tooLong(control.maxLength)
  if (validity.rangeUnderflow) return t.atLeast(control.min)
  if (validity.rangeOverflow) return t.atMost(control.max)
  return control.title || t.format
}
