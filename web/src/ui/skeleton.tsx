import './skeleton.css'

/** Where something is about to be, as large as it will be: so nothing jumps. Readers hear nothing of it: its region is `aria-busy`. */
export function Skeleton({ shape = 'text', lines = 1 }: { shape?: 'text' | 'title' | 'picture' | 'card' | 'ticket'; lines?: number }) {
  return (
    <div class="skeleton" aria-hidden="true">
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} class={`skeleton__part skeleton__part--${shape}`} />
      ))}
    </div>
  )
}
