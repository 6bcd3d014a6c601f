import { type DialogProps, Modal } from './dialog.tsx'

/** A dialog for more than a question (filters, a basket): from below on phones, at the side where there is room. */
export function Sheet(props: Omit<DialogProps, 'size'>) {
  return <Modal {...props} look="dialog sheet" />
}
