import { signal } from '@preact/signals'

export type Tone = 'info' | 'success' | 'warning' | 'danger'

export interface Toast {
  readonly id: number
  readonly text: string
  readonly tone: Tone
  readonly action?: { readonly label: string; run(): void }
}

const SHOWN_MS = 7_000 // long enough to read two lines; what must not be missed is a Notice, not a Toast
/** Those that are shown (toasts.tsx), the oldest first. */
export const toasts = signal<readonly Toast[]>([])
let last = 0

export const dismiss = (id: number) => {
  toasts.value = toasts.value.filter((toast) => toast.id !== id)
}

/** Says in passing that something was done. With an action (undo) or in tone `danger` it stays until it is closed. */
export function notify(text: string, options: { tone?: Tone; action?: Toast['action'] } = {}): void {
  const { tone = 'success', action } = options
  const id = ++last
  toasts.value = [...toasts.value.slice(-2), { id, text, tone, ...(action ? { action } : {}) }]
  if (!action && tone !== 'danger') setTimeout(() => dismiss(id), SHOWN_MS)
}
