import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { ApiError } from '../api/api-error.ts'
import { setLanguage, useTexts } from '../texts/index.ts'
import { language } from '../texts/language.ts'
import { setTheme, theme } from '../texts/theme.ts'
import { useTitle } from '../texts/title.ts'
import { Avatar } from './avatar.tsx'
import { Badge } from './badge.tsx'
import { Button } from './button.tsx'
import { Card } from './card.tsx'
import { Checkbox } from './checkbox.tsx'
import { Countdown } from './countdown.tsx'
import { Dialog } from './dialog.tsx'
import { Disclosure } from './disclosure.tsx'
import { Empty } from './empty.tsx'
import { EventCard } from './event-card.tsx'
import { Field } from './field.tsx'
import { Form } from './form.tsx'
import { FIRST_ICONS, Icon, type IconName } from './icon.tsx'
import { IconButton } from './icon-button.tsx'
import { Menu, MenuItem } from './menu.tsx'
import { MORE_PATHS } from './more-icons.ts'
import { Notice } from './notice.tsx'
import { Pagination } from './pagination.tsx'
import { Picture } from './picture.tsx'
import { Price } from './price.tsx'
import { Progress } from './progress.tsx'
import { RadioGroup } from './radio-group.tsx'
import { Rating, RatingInput } from './rating.tsx'
import { Select } from './select.tsx'
import { Sheet } from './sheet.tsx'
import { Skeleton } from './skeleton.tsx'
import { Stepper } from './stepper.tsx'
import { Switch } from './switch.tsx'
import { Tabs } from './tabs.tsx'
import { TextArea } from './text-area.tsx'
import { TextInput } from './text-input.tsx'
import { STOCKS, TicketStub } from './ticket-stub.tsx'
import { notify } from './toast.ts'
import './ui-page.css'

/** Every component in its states, to be looked at in both languages and themes. */
export function UiPage() {
  const t = useTexts('samples')
  useTitle(t.title)
  return (
    <div class="page ui-page">
      <header class="ui-page__head">
        <h1>{t.title}</h1>
        <p class="ui-page__idea">{t.idea}</p>
        <div class="row">
          <RadioGroup
            look="chips"
            name="language"
            label={t.language}
            value={language.value}
            onChange={(next) => void setLanguage(next)}
            options={[
              { value: 'id', label: 'Indonesia' },
              { value: 'en', label: 'English' },
            ]}
          />
          <RadioGroup
            look="chips"
            name="theme"
            label={t.theme}
            value={theme.value}
            onChange={setTheme}
            options={[
              { value: 'system', label: t.system },
              { value: 'light', label: t.light },
              { value: 'dark', label: t.dark },
            ]}
          />
        </div>
      </header>
      <Ground />
      <Pressed />
      <Fields />
      <Told />
      <Tickets />
      <Layers />
    </div>
  )
}

function Part({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="ui-page__part">
      <h2>{title}</h2>
      {children}
    </section>
  )
}

const COLOURS = [
  'paper',
  'sheet',
  'sunk',
  'line',
  'line-strong',
  'ink-faint',
  'ink-soft',
  'ink',
  'accent',
  'accent-soft',
  'success',
  'warning',
  'danger',
]
const ICONS = [...FIRST_ICONS, ...(Object.keys(MORE_PATHS) as IconName[])]
const SIZES = ['4xl', '3xl', '2xl', 'xl', 'l', 'm', 's', 'xs']

function Ground() {
  const t = useTexts('samples')
  return (
    <Part title={t.ground}>
      <ul class="ui-page__colours">
        {COLOURS.map((colour) => (
          <li key={colour} class={`ui-page__colour ui-page__colour--${colour}`}>
            <code>{colour}</code>
          </li>
        ))}
      </ul>
      <div class="ui-page__types">
        {SIZES.map((size) => (
          <p key={size} class={`ui-page__type ui-page__type--${size}`}>
            {t.pangram}
          </p>
        ))}
      </div>
      <ul class="ui-page__icons">
        {ICONS.map((name) => (
          <li key={name}>
            <Icon name={name} />
            <code>{name}</code>
          </li>
        ))}
      </ul>
    </Part>
  )
}

function Pressed() {
  const t = useTexts('samples')
  const liked = useSignal(false)
  return (
    <Part title={t.pressed}>
      {(['primary', 'secondary', 'quiet', 'danger'] as const).map((variant) => (
        <div class="row" key={variant}>
          <Button variant={variant} size="s">
            {t.buy}
          </Button>
          <Button variant={variant} icon="ticket">
            {t.buy}
          </Button>
          <Button variant={variant} size="l">
            {t.buy}
          </Button>
          <Button variant={variant} busy>
            {t.buy}
          </Button>
          <Button variant={variant} disabled>
            {t.buy}
          </Button>
          <Button variant={variant} href="/ui">
            {t.link}
          </Button>
        </div>
      ))}
      <div class="row">
        <IconButton
          icon="heart"
          label={t.wish}
          filled={liked.value}
          aria-pressed={liked.value}
          onClick={() => {
            liked.value = !liked.value
          }}
        />
        <IconButton icon="share" label={t.share} />
        <IconButton icon="trash" label={t.remove} disabled />
        <Menu label={t.calendar} icon="calendar">
          <MenuItem icon="download">{t.file}</MenuItem>
          <MenuItem icon="external" href="/ui">
            {t.link}
          </MenuItem>
          <MenuItem current>{t.system}</MenuItem>
          <MenuItem disabled>{t.remove}</MenuItem>
        </Menu>
        <Menu label={t.calendar} iconOnly>
          <MenuItem icon="edit">{t.file}</MenuItem>
        </Menu>
      </div>
    </Part>
  )
}

function Fields() {
  const t = useTexts('samples')
  const count = useSignal(2)
  const stars = useSignal<number | null>(null)
  const way = useSignal<'card' | 'bank' | null>('card')
  return (
    <Part title={t.fields}>
      <div class="ui-page__columns">
        <Form
          label={t.fields}
          onSubmit={(data) => {
            if (data.get('code') !== 'KARCIS')
              throw new ApiError('BAD_USER_INPUT', 'no such code', {
                fields: [{ path: 'input.code', message: t.wrongCode }],
              })
            notify(t.sent)
          }}
        >
          {(busy) => (
            <>
              <Field label={t.name} name="name">
                <TextInput name="name" required autocomplete="name" />
              </Field>
              <Field label={t.email} hint={t.emailHint} name="email">
                <TextInput name="email" type="email" required icon="mail" autocomplete="email" />
              </Field>
              <Field label={t.code} hint="KARCIS" name="code" optional={t.optional}>
                <TextInput name="code" />
              </Field>
              <Field label={t.city} name="city">
                <Select
                  name="city"
                  options={[
                    { value: 'jakarta', label: 'Jakarta' },
                    { value: 'bandung', label: 'Bandung' },
                  ]}
                />
              </Field>
              <Field label={t.note} error={t.wrongNote}>
                <TextArea name="note" />
              </Field>
              <Checkbox name="agree" label={t.agree} hint={t.agreeHint} required />
              <Button variant="primary" type="submit" busy={busy}>
                {t.send}
              </Button>
            </>
          )}
        </Form>
        <div class="stack">
          <RadioGroup
            look="boxes"
            name="way"
            label={t.way}
            value={way.value}
            onChange={(next) => {
              way.value = next
            }}
            options={[
              { value: 'card', label: t.card, hint: t.cardHint },
              { value: 'bank', label: t.bank, hint: t.bankHint },
            ]}
          />
          <RadioGroup
            name="plain"
            label={t.city}
            value="a"
            options={[
              { value: 'a', label: 'Jakarta' },
              { value: 'b', label: 'Bandung', disabled: true },
            ]}
          />
          <Switch label={t.notify} hint={t.notifyHint} checked />
          <Switch label={t.quiet} />
          <Checkbox label={t.agree} checked />
          <Checkbox label={t.agree} disabled />
          <Stepper
            label={t.tickets}
            value={count.value}
            max={6}
            onChange={(next) => {
              count.value = next
            }}
          />
          <RatingInput
            label={t.stars}
            name="stars"
            value={stars.value}
            onChange={(next) => {
              stars.value = next
            }}
          />
          <Field label={t.code}>
            <TextInput disabled value="KARCIS" />
          </Field>
        </div>
      </div>
    </Part>
  )
}

const EVER = '2999-01-01T00:00:00Z'

function Told() {
  const t = useTexts('samples')
  return (
    <Part title={t.told}>
      {(['info', 'success', 'warning', 'danger'] as const).map((tone) => (
        <Notice key={tone} tone={tone} title={t.noticeTitle} actions={<Button size="s">{t.link}</Button>}>
          {t.noticeText}
        </Notice>
      ))}
      <div class="row">
        {(['neutral', 'accent', 'success', 'warning', 'danger'] as const).map((tone) => (
          <Badge key={tone} tone={tone}>
            {t.badge}
          </Badge>
        ))}
        <Avatar name="Sari Wulandari" size="s" />
        <Avatar name="Budi" />
        <Avatar name="Putri Ayu Lestari" size="l" />
        <Rating mean={4.4} count={128} />
        <Price amount={150_000} currency="IDR" />
        <Price amount={150_000} to={400_000} currency="IDR" size="l" />
        <Price amount={90_000} before={120_000} currency="IDR" />
        <Price amount={0} currency="IDR" />
      </div>
      <div class="row">
        <Countdown until={EVER} label={t.kept} />
        <Countdown
          until={new Date(Date.now() + 100_000).toISOString()}
          label={t.kept}
          warn={(seconds) => t.warn(seconds)}
        />
        <Countdown
          until={new Date(Date.now() + 29_000).toISOString()}
          label={t.kept}
          warn={(seconds) => t.warn(seconds)}
        />
      </div>
      <Progress label={t.export} value={0.4} text="40 %" />
      <Progress label={t.export} />
      <div class="row">
        <Button onClick={() => notify(t.sent)}>{t.toast}</Button>
        <Button
          onClick={() =>
            notify(t.sent, { tone: 'danger', action: { label: t.undo, run: () => notify(t.undo) } })
          }
        >
          {t.toast}, {t.undo}
        </Button>
      </div>
      <Pagination shown={24} total={118} hasNext loading={false} onMore={() => undefined} />
    </Part>
  )
}

function Tickets() {
  const t = useTexts('samples')
  const event = {
    slug: 'konser',
    title: t.eventTitle,
    startsAt: '2027-06-12T12:00:00Z',
    timezone: 'Asia/Jakarta',
    online: false,
    venue: { name: 'Gedung Kesenian', city: 'Jakarta' },
    priceRange: { min: 150_000, max: 400_000, currency: 'IDR' },
  }
  return (
    <Part title={t.ticketsTitle}>
      <div class="event-grid">
        {['Konser', 'Film', 'Seminar', 'Teater', 'Olahraga'].map((name) => (
          <EventCard
            key={name}
            event={{ ...event, category: { name } }}
            action={<IconButton icon="heart" label={t.wish} />}
          />
        ))}
        <EventCard
          event={{ ...event, venue: null, online: true, priceRange: { min: 0, max: 0, currency: 'IDR' } }}
          badge={<Badge tone="danger">{t.badge}</Badge>}
        />
        <Skeleton shape="card" />
      </div>
      <div class="ui-page__columns">
        {STOCKS.map((stock) => (
          <TicketStub key={stock} stock={stock} stub={<Price amount={400_000} currency="IDR" size="l" />}>
            <h3>{t.eventTitle}</h3>
            <p>{t.noticeText}</p>
          </TicketStub>
        ))}
        <TicketStub
          tear="foot"
          stock="blue"
          stub={<p>A-12</p>}
          code={<Picture image={null} alt="" sizes="10rem" />}
        >
          <h3>{t.eventTitle}</h3>
        </TicketStub>
        <Empty
          title={t.emptyTitle}
          text={t.noticeText}
          action={<Button variant="primary">{t.buy}</Button>}
          level={3}
        />
        <Card title={t.cardTitle} level={3} actions={<Button size="s">{t.link}</Button>}>
          <Skeleton shape="title" />
          <Skeleton lines={3} />
        </Card>
      </div>
    </Part>
  )
}

function Layers() {
  const t = useTexts('samples')
  const open = useSignal<'dialog' | 'sheet' | null>(null)
  const tab = useSignal<'one' | 'two' | 'three'>('one')
  const close = () => {
    open.value = null
  }
  return (
    <Part title={t.layers}>
      <div class="row">
        <Button onClick={() => (open.value = 'dialog')}>{t.dialog}</Button>
        <Button onClick={() => (open.value = 'sheet')}>{t.sheet}</Button>
      </div>
      <Dialog
        open={open.value === 'dialog'}
        title={t.dialogTitle}
        onClose={close}
        actions={
          <>
            <Button variant="danger" onClick={close}>
              {t.remove}
            </Button>
            <Button onClick={close}>{t.undo}</Button>
          </>
        }
      >
        <p>{t.noticeText}</p>
      </Dialog>
      <Sheet
        open={open.value === 'sheet'}
        title={t.dialogTitle}
        onClose={close}
        actions={<Button variant="primary">{t.send}</Button>}
      >
        <Skeleton lines={8} />
      </Sheet>
      <Tabs
        label={t.layers}
        current={tab.value}
        onChange={(next) => {
          tab.value = next
        }}
        tabs={[
          { key: 'one', label: t.name },
          { key: 'two', label: t.city },
          { key: 'three', label: t.note },
        ]}
      >
        <p>{t.noticeText}</p>
      </Tabs>
      <div>
        <Disclosure summary={t.noticeTitle} open>
          <p>{t.noticeText}</p>
        </Disclosure>
        <Disclosure summary={t.cardTitle}>
          <p>{t.noticeText}</p>
        </Disclosure>
      </div>
    </Part>
  )
}
