import { type ComponentChildren, createContext } from 'preact'
import { useContext, useId } from 'preact/hooks'
import './field.css'
import { FormErrors } from './form.tsx'
import { Icon } from './icon.tsx'

/** What the control inside has to carry so that it belongs to its label, hint and error. */
interface FieldControl {
  id: string
  'aria-describedby'?: string
  'aria-invalid'?: 'true'
}

const Control = createContext<FieldControl | null>(null)

interface FieldProps {
  label: ComponentChildren
  hint?: ComponentChildren
  /** What is wrong with it; besides, what its form found wrong with the control called `name`. */
  error?: string | null | undefined
  /** Name of the control, when its form is to say here what is wrong with it. */
  name?: string
  /** Said beside the label where nothing need be given. */
  optional?: string
  hideLabel?: boolean
  children: ComponentChildren
}

/** A label, one control of this folder, and what is to be said of it. */
export function Field({ label, hint, error, name, optional, hideLabel, children }: FieldProps) {
  const id = useId()
  const fromForm = useContext(FormErrors)
  const wrong = error ?? (name ? fromForm?.value.get(name) : undefined)
  const described = [hint && `${id}-hint`, wrong && `${id}-error`].filter(Boolean).join(' ')
  const control: FieldControl = { id }
  if (described) control['aria-describedby'] = described
  if (wrong) control['aria-invalid'] = 'true'
  return (
    <div class={wrong ? 'field field--wrong' : 'field'}>
      <label class={hideLabel ? 'visually-hidden' : 'field__label'} for={id}>
        {label}
        {optional && <span class="field__optional"> {optional}</span>}
      </label>
      {hint && (
        <p class="field__hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <Control.Provider value={control}>{children}</Control.Provider>
      {wrong && (
        <p class="field__error" id={`${id}-error`}>
          <Icon name="alert" />
          {wrong}
        </p>
      )}
    </div>
  )
}

/** What a control spreads over its element: nothing when it stands in no Field. */
export function useFieldControl(): Partial<FieldControl> {
  return useContext(Control) ?? {}
}
