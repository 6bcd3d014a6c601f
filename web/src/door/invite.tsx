import { useSignal } from '@preact/signals'
import { encode } from 'uqr'
import { type ApiError, asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { CreateDoorDevice } from '../generated/door/setup.ts'
import { explain, useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { Notice } from '../ui/notice.tsx'
import { TextInput } from '../ui/text-input.tsx'
import { linkOf, type Scanner } from './scanner.ts'

/** Makes a scanner of somebody else's phone: a link with a token for this event's door alone, as a code to scan. */
export function Invite({ scanner: { eventId, title } }: { scanner: Scanner }) {
  const t = useTexts('door')
  const name = useSignal('')
  const gate = useSignal('')
  const link = useSignal<string | null>(null)
  const isCopied = useSignal(false)
  const isBusy = useSignal(false)
  const error = useSignal<ApiError | null>(null)

  async function make(): Promise<void> {
    isBusy.value = true
    error.value = null
    try {
      const input = { eventId, name: name.value.trim(), gate: gate.value.trim() || null }
      const { createDoorDevice: device } = await ask(CreateDoorDevice, { input })
      if (device?.token)
        link.value = linkOf(
          { eventId, title, deviceId: device.id, gate: device.gate, token: device.token },
          location.origin,
        )
    } catch (thrown) {
      error.value = asApiError(thrown)
    }
    isBusy.value = false
  }

  if (link.value !== null) {
    const made = link.value
    return (
      <div class="door-invite">
        <p>{t.invite.lead}</p>
        <Code text={made} label={t.invite.code} />
        <p class="door-note">{t.invite.once}</p>
        <div class="door-invite__actions">
          <Button
            icon="copy"
            onClick={() => void navigator.clipboard.writeText(made).then(() => (isCopied.value = true))}
          >
            {isCopied.value ? t.invite.copied : t.invite.copy}
          </Button>
          {'share' in navigator && (
            <Button icon="share" onClick={() => void navigator.share({ url: made }).catch(() => undefined)}>
              {t.invite.share}
            </Button>
          )}
        </div>
      </div>
    )
  }
  return (
    <form
      class="door-invite"
      onSubmit={(event) => {
        event.preventDefault()
        void make()
      }}
    >
      <p>{t.invite.lead}</p>
      <Field label={t.invite.name}>
        <TextInput
          required
          maxLength={60}
          value={name.value}
          onInput={({ currentTarget }: { currentTarget: HTMLInputElement }) => {
            name.value = currentTarget.value
          }}
        />
      </Field>
      <Field label={t.invite.gate}>
        <TextInput
          maxLength={60}
          value={gate.value}
          onInput={({ currentTarget }: { currentTarget: HTMLInputElement }) => {
            gate.value = currentTarget.value
          }}
        />
      </Field>
      {error.value && (
        <Notice tone="danger" alert title={explain(error.value).title}>
          {explain(error.value).text}
        </Notice>
      )}
      <Button type="submit" variant="primary" busy={isBusy.value}>
        {t.invite.make}
      </Button>
    </form>
  )
}

/** A QR code as one path, which is sharp at every size. */
function Code({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { border: 4 })
  const path = data.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  return (
    <svg class="door-invite__code" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label}>
      <path d={path} shape-rendering="crispEdges" />
    </svg>
  )
}
