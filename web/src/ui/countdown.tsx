import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { useTexts } from '../texts/index.ts'
import './countdown.css'

interface CountdownProps {
  /** When it ends, ISO 8601. */
  until: string
  /** How the server's clock stands against this one, in milliseconds; what is added to ours. */
  clockOffsetMs?: number
  /** Called once, when nothing is left. */
  onEnd?(): void
  /** What it is, for readers: "Your places are kept for". */
  label: string
  /** Said politely two minutes before the end and at once thirty seconds before it, with what happens then; `seconds` left. */
  warn?(seconds: number): string
}

const POLITE_S = 120
const URGENT_S = 30

/** What is left of a time, by the second. Readers are told twice, not each second. */
export function Countdown({ until, clockOffsetMs = 0, onEnd, label, warn }: CountdownProps) {
  const t = useTexts('ui')
  const end = Date.parse(until)
  const left = useSignal(secondsTo(end, clockOffsetMs))
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>
    const tick = () => {
      const milliseconds = end - Date.now() - clockOffsetMs
      left.value = secondsTo(end, clockOffsetMs)
      if (milliseconds <= 0) return onEnd?.()
      timer = setTimeout(tick, milliseconds % 1_000 || 1_000)
    }
    tick()
    // A sleeping phone runs no timers: what it missed is caught up when it is looked at again.
    const look = () => {
      clearTimeout(timer)
      tick()
    }
    document.addEventListener('visibilitychange', look)
    return () => {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', look)
    }
  }, [until, clockOffsetMs])

  const seconds = left.value
  const urgency = seconds <= URGENT_S ? 'urgent' : seconds <= POLITE_S ? 'soon' : 'calm'
  return (
    <span class={`countdown countdown--${warn ? urgency : 'calm'}`}>
      <span role="timer" aria-label={`${label} ${t.duration(seconds)}`}>
        <span aria-hidden="true">{clock(seconds)}</span>
      </span>
      {warn && (
        <>
          <span class="visually-hidden" aria-live="polite">
            {urgency === 'soon' && warn(POLITE_S)}
          </span>
          <span class="visually-hidden" aria-live="assertive">
            {urgency === 'urgent' && seconds > 0 && warn(URGENT_S)}
          </span>
        </>
      )}
    </span>
  )
}

const secondsTo = (end: number, offsetMs: number) => Math.max(0, Math.ceil((end - Date.now() - offsetMs) / 1_000))

/** 61 → `1:01`, 3 661 → `1:01:01`, two days → `48:00:00`. */
function clock(seconds: number): string {
  const two = (part: number) => String(part).padStart(2, '0')
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60]
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}
