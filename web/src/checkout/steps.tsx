import { useTexts } from '../texts/index.ts'
import { classes } from '../ui/classes.ts'

const STEPS = ['choose', 'details', 'pay', 'tickets'] as const

/** How far a purchase has come. */
export function Steps({ at }: { at: (typeof STEPS)[number] }) {
  const t = useTexts('checkout').steps
  return (
    <ol class="steps" aria-label={t.label}>
      {STEPS.map((step, index) => (
        <li
          key={step}
          class={classes('steps__step', index < STEPS.indexOf(at) && 'steps__step--done')}
          aria-current={step === at ? 'step' : undefined}
        >
          {t[step]}
        </li>
      ))}
    </ol>
  )
}
