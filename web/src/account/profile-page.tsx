import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { ApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { updateUser } from '../api/sign-in.ts'
import { useQuery } from '../api/use-query.ts'
import {
  BeginAvatar,
  ChangeProfile,
  MyProfile,
  type Profile,
  RequestVerification,
  SetAvatar,
} from '../generated/account/profile.ts'
import { useTexts } from '../texts/index.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { Field } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { Notice } from '../ui/notice.tsx'
import { TextArea } from '../ui/text-area.tsx'
import { TextInput } from '../ui/text-input.tsx'
import { notify } from '../ui/toast.ts'
import { AccountPage, NoPassword } from './account-page.tsx'
import { usePress } from './press.ts'
import { QueryState } from './query-state.tsx'
import { textOf } from './text-of.ts'

const MOST_BYTES = 10_000_000

/** What others see of a person, and how they are reached. */
export function ProfilePage() {
  const query = useQuery(MyProfile, {})
  const take = (me: Profile | null) => {
    if (!me) return
    query.data.value = { me }
    updateUser({ name: me.name, email: me.email, emailVerified: me.emailVerified, avatarUrl: me.avatarUrl })
  }
  return (
    <AccountPage part="profile">
      <QueryState query={query}>
        {({ me }) =>
          me && (
            <>
              <Face me={me} take={take} />
              <About me={me} take={take} />
              <Email me={me} take={take} />
              <More />
            </>
          )
        }
      </QueryState>
    </AccountPage>
  )
}

interface PartProps {
  me: Profile
  take(me: Profile | null): void
}

function Face({ me, take }: PartProps) {
  const t = useTexts('settings').profilePage
  const input = useRef<HTMLInputElement>(null)
  const { busy, press } = usePress<'send' | 'remove'>()
  const send = async (file: File) => {
    if (file.size > MOST_BYTES) return notify(t.tooLarge, { tone: 'danger' })
    const { createUpload: upload } = await ask(BeginAvatar, {
      input: { purpose: 'AVATAR', contentType: file.type, size: file.size },
    })
    if (!upload) throw new ApiError('UNREACHABLE', 'no upload was begun')
    const headers = Object.fromEntries(upload.headers.map(({ name, value }) => [name, value]))
    const { ok, status } = await fetch(upload.url, { method: upload.method, headers, body: file })
    if (!ok) throw new ApiError('UNREACHABLE', `the file was not taken: ${status}`)
    take((await ask(SetAvatar, { uploadId: upload.id }, { idempotent: true })).setAvatar)
  }
  return (
    <Card title={t.face}>
      <div class="account-face">
        <Avatar name={me.name} url={me.avatarUrl} size="l" />
        <div class="stack">
          <p class="account-list__more">{busy.value === 'send' ? t.sending : t.faceHint}</p>
          <div class="row">
            <input
              ref={input}
              class="visually-hidden"
              type="file"
              accept="image/jpeg,image/png,image/webp,image/avif"
              tabIndex={-1}
              aria-hidden="true"
              onChange={({ currentTarget }) => {
                const file = currentTarget.files?.[0]
                if (file) press('send', () => send(file))
                currentTarget.value = ''
              }}
            />
            <Button icon="camera" busy={busy.value === 'send'} onClick={() => input.current?.click()}>
              {t.choose}
            </Button>
            {me.avatarUrl && (
              <Button
                variant="quiet"
                busy={busy.value === 'remove'}
                onClick={() =>
                  press('remove', async () => take((await ask(SetAvatar, { uploadId: null })).setAvatar))
                }
              >
                {t.removeFace}
              </Button>
            )}
          </div>
        </div>
      </div>
    </Card>
  )
}

function About({ me, take }: PartProps) {
  const { saved, save, optional, profilePage: t } = useTexts('settings')
  return (
    <Card title={t.about}>
      <Form
        onSubmit={async (given) => {
          const text = (name: string) => textOf(given, name).trim() || null
          const name = textOf(given, 'name').trim()
          const input = { id: me.id, name, phoneNumber: text('phoneNumber'), address: text('address') }
          take((await ask(ChangeProfile, { input }, { idempotent: true })).updateUser)
          notify(saved)
        }}
      >
        {(busy) => (
          <>
            <Field label={t.name} name="name">
              <TextInput name="name" required autocomplete="name" maxLength={120} defaultValue={me.name} />
            </Field>
            <Field label={t.phone} hint={t.phoneHint} optional={optional} name="phoneNumber">
              <TextInput
                name="phoneNumber"
                type="tel"
                autocomplete="tel"
                maxLength={25}
                defaultValue={me.phoneNumber ?? ''}
              />
            </Field>
            <Field label={t.address} optional={optional} name="address">
              <TextArea
                name="address"
                autocomplete="street-address"
                rows={3}
                maxLength={500}
                defaultValue={me.address ?? ''}
              />
            </Field>
            <div>
              <Button type="submit" variant="primary" busy={busy}>
                {save}
              </Button>
            </div>
          </>
        )}
      </Form>
    </Card>
  )
}

function Email({ me, take }: PartProps) {
  const { cancel, profilePage: t } = useTexts('settings')
  const changing = useSignal(false)
  const { busy, press } = usePress<'verify'>()
  return (
    <Card title={t.email}>
      <p class="row">
        <strong>{me.email}</strong>
        <Badge tone={me.emailVerified ? 'success' : 'warning'}>
          {me.emailVerified ? t.verified : t.unverified}
        </Badge>
      </p>
      {me.emailUndeliverableSince && <Notice tone="warning">{t.undeliverable}</Notice>}
      {me.newEmail && <Notice>{t.moving(me.newEmail)}</Notice>}
      {!changing.value && (
        <div class="row">
          <Button onClick={() => (changing.value = true)}>{t.change}</Button>
          {!me.emailVerified && (
            <Button
              variant="quiet"
              busy={busy.value === 'verify'}
              onClick={() =>
                press('verify', async () => {
                  await ask(RequestVerification, {})
                  notify(t.verifySent)
                })
              }
            >
              {t.verify}
            </Button>
          )}
        </div>
      )}
      {changing.value && (
        <Form
          onSubmit={async (given) => {
            const input = {
              id: me.id,
              email: textOf(given, 'email'),
              currentPassword: textOf(given, 'currentPassword'),
            }
            take((await ask(ChangeProfile, { input })).updateUser)
            changing.value = false
            notify(t.changeSent)
          }}
        >
          {(sending) => (
            <>
              <Field label={t.newEmail} hint={t.changeHint} name="email">
                <TextInput name="email" type="email" required autocomplete="email" maxLength={254} />
              </Field>
              <Field label={t.current} name="currentPassword">
                <TextInput
                  name="currentPassword"
                  type="password"
                  required
                  autocomplete="current-password"
                  maxLength={200}
                />
              </Field>
              <div class="row">
                <Button type="submit" variant="primary" busy={sending}>
                  {t.change}
                </Button>
                <Button variant="quiet" onClick={() => (changing.value = false)}>
                  {cancel}
                </Button>
              </div>
              <NoPassword />
            </>
          )}
        </Form>
      )}
    </Card>
  )
}

function More() {
  const t = useTexts('settings').profilePage
  return (
    <nav class="row" aria-label={t.more}>
      <Button icon="ticket" href="/tickets">
        {t.tickets}
      </Button>
      <Button icon="cart" href="/bookings">
        {t.bookings}
      </Button>
      <Button icon="heart" href="/wishlist">
        {t.wishlist}
      </Button>
    </nav>
  )
}
