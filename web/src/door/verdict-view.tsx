import { useEffect } from 'preact/hooks'
import { useTexts } from '../texts/index.ts'
import { describe } from './describe.ts'
import type { Verdict } from './judge.ts'
import { numberOf } from './ticket-code.ts'
import { play, type Tone } from './tones.ts'

/** Whoever may come in is let through quickly; what says no stays until it was read. */
const GO_MS = 1_200

/** Told apart by their outline alone: a disc, an octagon, a triangle. */
const OUTLINES: Record<Tone, string> = {
  go: 'M50 2a48 48 0 1 1 0 96 48 48 0 0 1 0-96Z',
  stop: 'M30 2h40l28 28v40L70 98H30L2 70V30Z',
  wait: 'M50 4 98 94H2Z',
}

const SIGNS: Record<Tone, string> = {
  go: 'm28 52 15 15 30-33',
  stop: 'm33 33 34 34m0-34L33 67',
  wait: 'M50 38v26m0 12v1',
}

/** What becomes of whoever stands at the door: the whole screen, a word, a sound. It goes by itself, with a tap, or with the next scan. */
export function VerdictView({
  verdict,
  freshAt,
  dismiss,
}: {
  verdict: Verdict
  freshAt: number | null
  dismiss(): void
}) {
  const t = useTexts('door')
  const { tone, word, why } = describe(verdict, t, freshAt)
  useEffect(() => {
    play(tone)
    if (tone !== 'go') return
    const timer = setTimeout(dismiss, GO_MS)
    return () => clearTimeout(timer)
  }, [verdict])
  const { holder, typeName, seat, ticketId, answers, isLocal } = verdict
  return (
    <button type="button" class={`verdict verdict--${tone}`} onClick={dismiss} autofocus>
      <svg class="verdict__sign" viewBox="0 0 100 100" aria-hidden="true">
        <path class="verdict__outline" d={OUTLINES[tone]} />
        <path class="verdict__mark" d={SIGNS[tone]} />
      </svg>
      <span class="verdict__word">{word}</span>
      {holder && <span class="verdict__holder">{holder}</span>}
      {why && <span class="verdict__why">{why}</span>}
      {(typeName ?? ticketId) && (
        <span class="verdict__ticket">
          {typeName && <span class="verdict__type">{typeName}</span>}
          {seat && <span class="verdict__seat">{seat}</span>}
          {ticketId && <span class="verdict__number">{numberOf(ticketId)}</span>}
        </span>
      )}
      {answers?.map(({ question, answer }) => (
        <span class="verdict__answer" key={question}>
          {question} <b>{answer}</b>
        </span>
      ))}
      {isLocal && tone === 'go' && <span class="verdict__note">{t.local}</span>}
      {tone !== 'go' && <span class="verdict__note">{t.dismiss}</span>}
    </button>
  )
}

/** The same for readers: there before it says anything, so that it is said at once. */
export function VerdictSaid({ verdict, freshAt }: { verdict: Verdict | null; freshAt: number | null }) {
  const t = useTexts('door')
  const said = verdict && describe(verdict, t, freshAt)
  const { holder, typeName, seat } = verdict ?? {}
  return (
    <p class="visually-hidden" role="alert" aria-live="assertive">
      {said && [said.word, holder, typeName, seat, said.why].filter(Boolean).join('. ')}
    </p>
  )
}
