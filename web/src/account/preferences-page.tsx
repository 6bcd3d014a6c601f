import { asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import { useQuery } from '../api/use-query.ts'
import {
  ChangePreferences,
  type MyPreferencesResult,
  MyPreferences,
  type Preferences,
} from '../generated/account/preferences.ts'
import { explain, useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { Field } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { Select } from '../ui/select.tsx'
import { TextInput } from '../ui/text-input.tsx'
import { notify } from '../ui/toast.ts'
import { AccountPage } from './account-page.tsx'
import { Phone } from './phone.tsx'
import { PushSwitch } from './push-switch.tsx'
import { QueryState } from './query-state.tsx'
import { textOf } from './text-of.ts'

const CHANNELS = [
  ['EMAIL', 'email'],
  ['PUSH', 'push'],
  ['SMS', 'sms'],
] as const

/** By which ways somebody is told of what. */
export function PreferencesPage() {
  const query = useQuery(MyPreferences, {})
  const t = useTexts('settings').preferencesPage
  const take = (change: Partial<MyPreferencesResult>) => {
    if (query.data.value) query.data.value = { ...query.data.value, ...change }
  }
  return (
    <AccountPage part="preferences">
      <p>{t.text}</p>
      <QueryState query={query}>
        {({ notificationPreferences: preferences, me }) => (
          <>
            {preferences && (
              <>
                <Groups
                  preferences={preferences}
                  take={(notificationPreferences) => take({ notificationPreferences })}
                />
                <PushSwitch />
                <Times
                  preferences={preferences}
                  take={(notificationPreferences) => take({ notificationPreferences })}
                />
              </>
            )}
            {me && <Phone me={me} take={(changed) => take({ me: changed })} />}
          </>
        )}
      </QueryState>
    </AccountPage>
  )
}

interface PartProps {
  preferences: Preferences
  take(preferences: Preferences): void
}

function Groups({ preferences, take }: PartProps) {
  const t = useTexts('settings').preferencesPage
  const change = async (
    group: Preferences['groups'][number]['group'],
    at: (typeof CHANNELS)[number],
    enabled: boolean,
  ) => {
    const [channel, key] = at
    const groups = preferences.groups.map((each) =>
      each.group === group ? { ...each, [key]: enabled } : each,
    )
    take({ ...preferences, groups }) // at once; taken back if the API would not
    try {
      const input = { switches: [{ group, channel, enabled }] }
      const { updateNotificationPreferences: now } = await ask(
        ChangePreferences,
        { input },
        { idempotent: true },
      )
      if (now) take(now)
    } catch (error) {
      take(preferences)
      notify(explain(asApiError(error)).title, { tone: 'danger' })
    }
  }
  return (
    <Card>
      <table class="preferences">
        <thead>
          <tr>
            <th scope="col">{t.what}</th>
            {CHANNELS.map(([channel]) => (
              <th key={channel} scope="col">
                {t.channels[channel]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {preferences.groups.map((each) => {
            const { name, hint } = t.groups[each.group]
            return (
              <tr key={each.group}>
                <th scope="row">
                  {name}
                  <span class="preferences__hint">{hint}</span>
                </th>
                {CHANNELS.map((at) => (
                  <td key={at[0]}>
                    <label>
                      <span class="visually-hidden">{t.switchOf(name, t.channels[at[0]])}</span>
                      <input
                        class="preferences__box"
                        type="checkbox"
                        checked={each[at[1]]}
                        disabled={each.fixed}
                        onChange={({ currentTarget }) => void change(each.group, at, currentTarget.checked)}
                      />
                    </label>
                  </td>
                ))}
              </tr>
            )
          })}
        </tbody>
      </table>
    </Card>
  )
}

function Times({ preferences, take }: PartProps) {
  const { save, saved, preferencesPage: t } = useTexts('settings')
  const { quietHours, language, timezone } = preferences
  const zones = Array.from(new Set([timezone, ...Intl.supportedValuesOf('timeZone')]))
  return (
    <Card title={t.quiet}>
      <p>{t.quietText}</p>
      <Form
        onSubmit={async (given) => {
          const [starts, ends] = [textOf(given, 'starts'), textOf(given, 'ends')]
          const input = {
            quietHours: starts && ends ? { starts, ends } : null,
            language: given.get('language') === 'EN' ? ('EN' as const) : ('ID' as const),
            timezone: textOf(given, 'timezone'),
          }
          const { updateNotificationPreferences: now } = await ask(
            ChangePreferences,
            { input },
            { idempotent: true },
          )
          if (now) take(now)
          notify(saved)
        }}
      >
        {(busy) => (
          <>
            <div class="row">
              <Field label={t.from} name="starts">
                <TextInput name="starts" type="time" defaultValue={quietHours?.starts ?? ''} />
              </Field>
              <Field label={t.to} name="ends">
                <TextInput name="ends" type="time" defaultValue={quietHours?.ends ?? ''} />
              </Field>
            </div>
            <Field label={t.language} name="language">
              <Select
                name="language"
                defaultValue={language}
                options={[
                  { value: 'ID', label: 'Bahasa Indonesia' },
                  { value: 'EN', label: 'English' },
                ]}
              />
            </Field>
            <Field label={t.zone} name="timezone">
              <Select
                name="timezone"
                defaultValue={timezone}
                options={zones.map((zone) => ({ value: zone, label: zone.replaceAll('_', ' ') }))}
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
