import { useSignal } from '@preact/signals'
import { asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { session } from '../api/session.ts'
import { useQuery } from '../api/use-query.ts'
import {
  CreateReview,
  DeleteReview,
  EventReviews,
  MyReview,
  ReportReview,
  type ReviewOrder,
  type ReviewParts,
  UpdateReview,
} from '../generated/discover/reviews.ts'
import { number } from '../texts/format.ts'
import { explain, useTexts } from '../texts/index.ts'
import { date } from '../texts/times.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Button } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { Notice } from '../ui/notice.tsx'
import { Pagination } from '../ui/pagination.tsx'
import { Rating, RatingInput } from '../ui/rating.tsx'
import { Select } from '../ui/select.tsx'
import { TextArea } from '../ui/text-area.tsx'
import { textOf } from '../ui/text-of.ts'
import { notify } from '../ui/toast.ts'
import type { EventShown } from './event-shown.ts'
import { Failure } from './failure.tsx'
import { ReportButton } from './report.tsx'
import { usePages } from './use-pages.ts'

const ORDERS = ['NEWEST', 'RATING_DESC', 'RATING_ASC'] as const satisfies ReviewOrder[]
const STARS = [5, 4, 3, 2, 1]

/** What those say who were there, and what the viewer says. Nothing before the event is over, as nobody was there yet. @param changed the viewer's words have, and the event's stars with them. */
export function Reviews({ event, changed }: { event: EventShown; changed(): Promise<void> }) {
  const t = useTexts('event')
  const order = useSignal<ReviewOrder>('NEWEST')
  const stars = useSignal<number | null>(null)
  const isOver = Date.parse(event.endsAt) < Date.now()
  const isAny = event.rating.count > 0
  const pages = usePages(
    EventReviews,
    isAny ? { id: event.id, orderBy: order.value, rating: stars.value, first: 6 } : null,
    (data) => data.event?.reviews,
  )
  if (!isOver && !isAny) return null
  return (
    <section class="event__part" id="reviews" aria-labelledby="reviews-title">
      <h2 id="reviews-title">{t.reviews.title}</h2>
      {event.rating.mean === null ? (
        <p>{t.reviews.none}</p>
      ) : (
        <div class="reviews__sum">
          <div>
            <p class="reviews__mean">{number(Math.round(event.rating.mean * 10) / 10)}</p>
            <Rating mean={event.rating.mean} count={event.rating.count} />
          </div>
          <Distribution
            counts={event.rating.distribution}
            current={stars.value}
            choose={(next) => {
              stars.value = next
            }}
          />
        </div>
      )}
      {isOver && <Own event={event} changed={() => Promise.all([changed(), pages.reload()])} />}
      {isAny && (
        <>
          <div class="reviews__order">
            <Field label={t.reviews.order}>
              <Select
                value={order.value}
                options={ORDERS.map((value) => ({ value, label: t.reviews.orders[value] }))}
                onChange={({ currentTarget }) => {
                  order.value = ORDERS.find((one) => one === currentTarget.value) ?? 'NEWEST'
                }}
              />
            </Field>
          </div>
          {pages.error.value && <Failure error={pages.error.value} retry={pages.reload} />}
          <ul class="reviews__list">
            {pages.nodes.value?.map((review) => (
              <Review key={review.id} review={review} />
            ))}
          </ul>
          {pages.nodes.value?.length === 0 && <p>{t.reviews.noneSo}</p>}
          {pages.hasNext.value && (
            <Pagination
              shown={pages.nodes.value?.length ?? 0}
              total={pages.total.value}
              hasNext
              loading={pages.loading.value}
              onMore={() => void pages.more()}
            />
          )}
        </>
      )}
    </section>
  )
}

interface DistributionProps {
  /** Of one star, two, … five. */
  counts: readonly number[]
  current: number | null
  choose(stars: number | null): void
}

/** How many gave how many stars; pressing one shows only those. */
function Distribution({ counts, current, choose }: DistributionProps) {
  const t = useTexts('event')
  const most = Math.max(1, ...counts)
  return (
    <ul class="distribution">
      {STARS.map((stars) => {
        const count = counts[stars - 1] ?? 0
        return (
          <li key={stars}>
            <button
              type="button"
              class="distribution__line"
              aria-pressed={current === stars}
              disabled={count === 0}
              onClick={() => choose(current === stars ? null : stars)}
            >
              <span class="visually-hidden">{t.reviews.only(stars, count)}</span>
              <span aria-hidden="true">{stars}</span>
              <meter class="distribution__bar" min={0} max={most} value={count} aria-hidden="true" />
              <span aria-hidden="true">{number(count)}</span>
            </button>
          </li>
        )
      })}
    </ul>
  )
}

function Review({ review }: { review: ReviewParts }) {
  const t = useTexts('event')
  const name = review.author?.name ?? t.reviews.gone
  return (
    <li class="review">
      <div class="host">
        <Avatar name={name} url={review.author?.avatarUrl} size="s" />
        <div class="host__words">
          <span class="review__name">{name}</span>
          <span class="facts__more">
            {date(review.createdAt)}
            {review.editedAt && ` · ${t.reviews.edited}`}
          </span>
        </div>
        <Rating mean={review.rating} />
      </div>
      {review.comment && <p class="prose">{review.comment}</p>}
      {review.answer && (
        <div class="review__answer">
          <p class="review__name">{t.reviews.answer}</p>
          <p class="prose">{review.answer}</p>
        </div>
      )}
      {review.author && review.author.id !== session.value.user?.id && (
        <div>
          <ReportButton
            what={t.reviews.of(name)}
            send={(reason) => ask(ReportReview, { id: review.id, reason })}
          />
        </div>
      )}
    </li>
  )
}

/** What the viewer says of it: to be written, changed or taken back. Whether they were there the API knows. */
function Own({ event, changed }: { event: EventShown; changed(): Promise<unknown> }) {
  const t = useTexts('event')
  const isHere = session.value.status === 'signed-in'
  const { data, reload } = useQuery(MyReview, isHere ? { id: event.id } : null)
  const mine = data.value?.event?.myReview ?? null
  const isEdited = useSignal(false)
  const isDeleted = useSignal(false)
  const stars = useSignal<number | null>(null)
  if (!isHere || data.value === null) return null
  const done = async () => {
    isEdited.value = false
    isDeleted.value = false
    await Promise.all([reload(), changed()])
  }
  const send = async (form: FormData) => {
    const written = {
      rating: Number(form.get('rating')),
      comment: textOf(form, 'comment') || null,
    }
    await (mine
      ? ask(UpdateReview, { input: { id: mine.id, ...written } }, { idempotent: true })
      : ask(CreateReview, { input: { eventId: event.id, ...written } }))
    notify(t.reviews.thanks)
    await done()
  }
  const remove = async () => {
    if (!mine) return
    try {
      await ask(DeleteReview, { id: mine.id }, { idempotent: true })
      await done()
    } catch (failure) {
      notify(explain(asApiError(failure)).title, { tone: 'danger' })
    }
  }
  if (!isEdited.value)
    return (
      <div class="row">
        {mine?.hiddenMessage && (
          <Notice tone="warning" title={t.reviews.hidden}>
            {mine.hiddenMessage}
          </Notice>
        )}
        <Button
          icon="edit"
          onClick={() => {
            stars.value = mine?.rating ?? null
            isEdited.value = true
          }}
        >
          {mine ? t.reviews.edit : t.reviews.write}
        </Button>
        {mine && (
          <Button variant="quiet" icon="trash" onClick={() => (isDeleted.value = true)}>
            {t.reviews.delete}
          </Button>
        )}
        <Dialog
          open={isDeleted.value}
          size="s"
          title={t.reviews.deleteSure}
          onClose={() => (isDeleted.value = false)}
          actions={
            <>
              <Button variant="danger" onClick={() => void remove()}>
                {t.reviews.delete}
              </Button>
              <Button onClick={() => (isDeleted.value = false)}>{t.cancel}</Button>
            </>
          }
        >
          <p>{t.reviews.deleteText}</p>
        </Dialog>
      </div>
    )
  return (
    <Card title={mine ? t.reviews.edit : t.reviews.write} level={3}>
      <Form onSubmit={send}>
        {(busy) => (
          <>
            <RatingInput
              label={t.reviews.stars}
              name="rating"
              value={stars.value}
              onChange={(next) => (stars.value = next)}
            />
            <Field label={t.reviews.comment} hint={t.reviews.commentHint} name="comment">
              <TextArea name="comment" maxLength={5_000} defaultValue={mine?.comment ?? ''} />
            </Field>
            <div class="row">
              <Button variant="primary" type="submit" busy={busy}>
                {t.reviews.send}
              </Button>
              <Button onClick={() => (isEdited.value = false)}>{t.cancel}</Button>
            </div>
          </>
        )}
      </Form>
    </Card>
  )
}
