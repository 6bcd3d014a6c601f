import { useTexts } from '../texts/index.ts'
import { Button } from './button.tsx'
import { Icon, type IconName } from './icon.tsx'
import { IconButton } from './icon-button.tsx'
import './toast.css'
import { dismiss, type Tone, toasts } from './toast.ts'

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
