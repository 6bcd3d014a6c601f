import { useRoute } from 'preact-iso'
import { useQuery } from '../api/use-query.ts'
import { BuyPage as BuyPageQuery } from '../generated/checkout/buy.ts'
import { dateTime } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import { useTitle } from '../texts/title.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import './checkout.css'
import { Choice } from './choice.tsx'
import { IdentityDialog } from './identity.tsx'
import { ProblemNotice } from './problem-notice.tsx'
import { Steps } from './steps.tsx'

/** `/events/:slug/buy`: which tickets, how many, at which price with everything. */
export function BuyPage() {
  const t = useTexts('checkout')
  const { slug = '' } = useRoute().params
  const { data, error, reload } = useQuery(BuyPageQuery, { slug })
  const event = data.value?.event
  useTitle(event ? t.buyTitle(event.title) : t.chooseTitle)

  if (data.value && !event)
    return (
      <Empty
        level={1}
        title={t.noEvent.title}
        text={t.noEvent.text}
        action={
          <Button href="/search" variant="primary">
            {t.noEvent.action}
          </Button>
        }
      />
    )
  return (
    <div class="checkout">
      <Steps at="choose" />
      {event ? (
        <>
          <header class="checkout__head">
            <p>
              <a href={`/events/${event.slug}`}>{t.backToEvent}</a>
            </p>
            <h1>{event.title}</h1>
            <p class="checkout__when">
              {dateTime(event.startsAt, event.timezone)}
              {event.venue && ` · ${event.venue.name}, ${event.venue.city}`}
            </p>
          </header>
          <Choice event={event} reload={reload} />
          <IdentityDialog />
        </>
      ) : (
        <>
          <ProblemNotice error={error.value} />
          {!error.value && (
            <div aria-busy="true">
              <Skeleton shape="title" />
              <Skeleton lines={4} />
            </div>
          )}
        </>
      )}
    </div>
  )
}
