import { signal } from '@preact/signals'
import { useTexts } from '../texts/index.ts'
import { Button } from './button.tsx'
import { Icon, type IconName } from './icon.tsx'
import { IconButton } from './icon-button.tsx'
import './toast.css'

type Tone = 'info' | 'success' | 'warning' | 'danger'

interface Toast {
  readonly id: number
  readonly text: string
  readonly tone: Tone
  readonly action?: { readonly label: string; run(): void }
}

const SHOWN_MS = 7_000 // long enough to read two lines; what must not be missed is a Notice, not a Toast
const toasts = signal<readonly Toast[]>([])
let last = 0

const dismiss = (id: number) => {
  toasts.value = toasts.value.filter((toast) => toast.id !== id)
}

/** Says in passing that something was done. With an action (undo) or in tone `danger` it stays until it is closed. */
export function notify(text: string, options: { tone?: Tone; action?: Toast['action'] } = {}): void {
  const { tone = 'success', action } = options
  const id = ++last
  toasts.value = [...toasts.value.slice(-2), { id, text, tone, ...(action ? { action } : {}) }]
  if (!action && tone !== 'danger') setTimeout(() => dismiss(id), SHOWN_MS)
}

const SIGNS: Record<Tone, IconName> = { info: 'info', success: 'check', warning: 'alert', danger: 'alert' }

/** Where toasts appear: once in the shell. The region is there before them, so that readers say them. */
export function Toasts() {
  const t = useTexts('ui')
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, text, tone, action }) => (
        <div key={id} class={`toast toast--${tone}`}>
          <Icon name={SIGNS[tone]} />
          <p class="toast__text">{text}</p>
          {action && (
            <Button
              size="s"
              onClick={() => {
                dismiss(id)
                action.run()
              }}
            >
              {action.label}
            </Button>
          )}
          <IconButton icon="close" label={t.close} onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  )
}
