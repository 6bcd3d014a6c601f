import './avatar.css'
import { stockOf } from './ticket-stub.tsx'

/** A face, or the first letters of a name on a paper of their own. The name stands beside it: readers hear it once. */
export function Avatar({ name, url, size = 'm' }: { name: string; url?: string | null | undefined; size?: 's' | 'm' | 'l' }) {
  const initials = name
    .split(/\s+/)
    .filter(Boolean)
    .slice(0, 2)
    .map((word) => Array.from(word)[0]?.toUpperCase())
    .join('')
  return (
    <span class={`avatar avatar--${size} avatar--${stockOf(name)}`} aria-hidden="true">
      {url ? <img src={url} alt="" loading="lazy" width="96" height="96" /> : initials}
    </span>
  )
}
