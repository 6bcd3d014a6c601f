import { useContext, useId } from 'preact/hooks'
import { number } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import './choice.css'
import { FormErrors } from './form.tsx'
import { Icon } from './icon.tsx'
import './rating.css'

const STARS = [1, 2, 3, 4, 5]

const tenths = (mean: number) => Math.round(mean * 10) / 10

/** Stars that were given: a mean of 1 to 5, and by how many. */
export function Rating({ mean, count }: { mean: number; count?: number }) {
  const t = useTexts('ui')
  return (
    <span class="rating">
      <span class="rating__stars" role="img" aria-label={t.stars(tenths(mean))}>
        {STARS.map((star) => (
          <Icon key={star} name="star" filled={star <= Math.round(mean)} />
        ))}
      </span>
      {count !== undefined && (
        <span class="rating__words">
          <strong>{number(tenths(mean))}</strong> · {t.reviews(count)}
        </span>
      )}
    </span>
  )
}

/** Stars to give, as a choice of one to five. */
export function RatingInput({
  label,
  name,
  value,
  onChange,
}: {
  label: string
  name: string
  value: number | null
  onChange(stars: number): void
}) {
  const t = useTexts('ui')
  const id = useId()
  const wrong = useContext(FormErrors)?.value.get(name)
  return (
    <fieldset class="rating-input" aria-describedby={wrong ? id : undefined}>
      <legend class="field__label">{label}</legend>
      {STARS.map((star) => (
        <label key={star} class="rating-input__star">
          <input
            class="rating-input__control"
            type="radio"
            name={name}
            value={star}
            required
            checked={value === star}
            onChange={() => onChange(star)}
          />
          <Icon name="star" filled={star <= (value ?? 0)} />
          <span class="visually-hidden">{t.stars(star)}</span>
        </label>
      ))}
      {wrong && (
        <p class="choice__error" id={id}>
          {wrong}
        </p>
      )}
    </fieldset>
  )
}
