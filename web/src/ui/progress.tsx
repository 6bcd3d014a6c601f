import './progress.css'

/** How far something has come, of `max`; without a value, that it goes on. `text` is what readers say and everybody sees. */
export function Progress({ label, value, max = 1, text }: { label: string; value?: number; max?: number; text?: string }) {
  return (
    <div class="progress">
      <progress class="progress__bar" aria-label={label} max={max} value={value} />
      {text && <span class="progress__text">{text}</span>}
    </div>
  )
}
