import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { useTexts } from '../texts/index.ts'
import './dialog.css'
import { IconButton } from './icon-button.tsx'

export interface DialogProps {
  open: boolean
  title: ComponentChildren
  /** It was closed by Escape, the cross, or a tap beside it: `open` has to become false. */
  onClose(): void
  children: ComponentChildren
  /** Buttons at its foot, the one that is meant most first. */
  actions?: ComponentChildren
  /** Only its own buttons close it. */
  insistent?: boolean
  size?: 's' | 'm' | 'l'
}

/** A question or a small task over the page, which waits meanwhile. The browser keeps the focus inside, and gives it back. */
export function Dialog(props: DialogProps) {
  return <Modal {...props} look={`dialog dialog--${props.size ?? 'm'}`} />
}

/** The native dialog of Dialog and Sheet. */
export function Modal({
  open,
  title,
  onClose,
  children,
  actions,
  insistent,
  look,
}: DialogProps & { look: string }) {
  const t = useTexts('ui')
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const element = dialog.current
    if (!element) return
    if (open && !element.open) element.showModal()
    if (!open && element.open) element.close()
  }, [open])
  return (
    <dialog
      ref={dialog}
      class={look}
      aria-labelledby={id}
      onClose={onClose}
      onKeyDown={(event) => {
        // Before the browser asks for it: a second time in a row, it would close in spite of `cancel`.
        if (insistent && event.key === 'Escape') event.preventDefault()
      }}
      onCancel={(event) => {
        if (insistent) event.preventDefault()
      }}
      onPointerDown={(event) => {
        // The dialog itself is only its backdrop: what is seen of it is covered by its parts.
        if (!insistent && event.target === event.currentTarget) onClose()
      }}
    >
      {open && (
        <div class="dialog__sheet">
          <header class="dialog__head">
            <h2 class="dialog__title" id={id}>
              {title}
            </h2>
            {!insistent && <IconButton icon="close" label={t.close} onClick={onClose} />}
          </header>
          <div class="dialog__body">{children}</div>
          {actions && <footer class="dialog__actions">{actions}</footer>}
        </div>
      )}
    </dialog>
  )
}
