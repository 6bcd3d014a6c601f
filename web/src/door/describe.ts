import { dateTime, list } from '../texts/format.ts'
import type { useTexts } from '../texts/index.ts'
import { time } from '../texts/times.ts'
import type { Verdict, VerdictKind } from './judge.ts'
import type { Tone } from './tones.ts'

type Texts = ReturnType<typeof useTexts<'door'>>

/** How a verdict is shown and heard. */
export interface Described {
  tone: Tone
  /** In one glance. */
  word: string
  /** Why, and what to do now. */
  why: string | null
}

/** Somebody can still come in: elsewhere, later, or by another try. All others are sent away. */
const WAITS = new Set<VerdictKind>([
  'WRONG_GATE',
  'WRONG_DAY',
  'SCAN_AGAIN',
  'NOT_READY',
  'UNKNOWN',
  'NOT_ALLOWED',
])

export const toneOf = (kind: VerdictKind): Tone =>
  kind === 'ADMITTED' ? 'go' : WAITS.has(kind) ? 'wait' : 'stop'

/** @param freshAt when the device's list was true, in milliseconds; null without one. */
export function describe(verdict: Verdict, t: Texts, freshAt: number | null): Described {
  const { kind, direction } = verdict
  return {
    tone: toneOf(kind),
    word: wordOf(verdict, t),
    why: direction === 'EXIT' && kind === 'ADMITTED' ? null : whyOf(verdict, t, freshAt),
  }
}

export function wordOf({ kind, direction, window }: Verdict, t: Texts): string {
  if (kind === 'ADMITTED' && direction === 'EXIT') return t.verdict.ADMITTED_EXIT
  if (kind === 'WRONG_DAY' && window) return window.isAhead ? t.verdict.NOT_YET : t.verdict.TOO_LATE
  return t.verdict[kind]
}

function whyOf(verdict: Verdict, t: Texts, freshAt: number | null): string | null {
  const { kind, window, gates, usedAt, usedGate, usedHere, isLocal } = verdict
  if (kind === 'ADMITTED') return null
  if (kind === 'USED') {
    if (!usedAt) return isLocal ? t.why.usedUnknown : null
    if (usedHere) return t.why.usedHere(time(usedAt))
    return usedGate ? t.why.usedAtGate(time(usedAt), usedGate) : t.why.usedAt(time(usedAt))
  }
  if (kind === 'WRONG_GATE') return t.why.WRONG_GATE(list(gates ?? [], 'disjunction'))
  if (kind === 'WRONG_DAY') {
    if (!window) return t.why.WRONG_DAY
    return window.isAhead ? t.why.NOT_YET(dateTime(window.from)) : t.why.TOO_LATE(dateTime(window.until))
  }
  if (kind === 'UNKNOWN' && isLocal && freshAt) return t.why.UNKNOWN_HERE(clock(freshAt))
  return t.why[kind]
}

/** A moment in milliseconds, as the time of day. */
export const clock = (at: number): string => time(new Date(at).toISOString())
