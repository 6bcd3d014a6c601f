import { transaction } from '@karcis/kit/database'
import { Unauthenticated } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import { areUnique, parseInput, timezoneSchema } from '@karcis/kit/validate'
import { z } from 'zod'
import { languageSchema } from '../accounts/account-input.ts'
import { type Language, lockAccount, updateAccount } from '../accounts/account-store.ts'
import type { Deps } from '../deps.ts'
import { CHANNELS, type ChannelName, GROUPS, type GroupName } from './kinds.ts'
import { switchOff } from './unsubscribing/switch-off.ts'
import {
  findQuietHours,
  findSwitches,
  type QuietHours,
  replaceQuietHours,
  type Switch,
  upsertSwitches,
} from './preference-store.ts'

/** How somebody is told of one group of kinds. */
export interface GroupPreference {
  group: GroupName
  email: boolean
  push: boolean
  sms: boolean
  /** Whether it stays so whatever they say. */
  fixed: boolean
}

/** How somebody is told of everything. */
export interface Preferences {
  groups: GroupPreference[]
  quietHours: QuietHours | null
  language: Language
  timezone: string
}

const NAMES = Object.keys(GROUPS) as [GroupName, ...GroupName[]]
const isFixed = (group: GroupName): boolean => 'fixed' in GROUPS[group]

const time = z
  .string()
  .trim()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of the day such as 22:00')

const quietHours = z.object({ starts: time, ends: time }).refine(({ starts, ends }) => starts !== ends, {
  path: ['ends'],
  message: 'must be another time than the start',
})

const said = z.object({
  group: z.enum(NAMES).refine((group) => !isFixed(group), 'cannot be switched off'),
  channel: z.enum(CHANNELS),
  enabled: z.boolean(),
})

const preferencesSchema = z.object({
  switches: z
    .array(said)
    .max(NAMES.length * CHANNELS.length)
    .refine(
      (all) => areUnique(all.map(({ group, channel }) => `${group} ${channel}`)),
      'must not say two things of one group and channel',
    )
    .optional(),
  quietHours: quietHours.nullish(),
  language: languageSchema.optional(),
  timezone: timezoneSchema.optional(),
})

/** How the viewer is told of what. @throws Unauthenticated */
export async function readPreferences({ db, accountById }: Deps, { id }: Viewer): Promise<Preferences> {
  const [account, switches, quietHours] = await Promise.all([
    accountById(id),
    findSwitches(db, id),
    findQuietHours(db, id),
  ])
  if (!account || account.deletedAt) throw new Unauthenticated()
  const { language, timezone } = account
  return { groups: NAMES.map((group) => preferenceOf(group, switches)), quietHours, language, timezone }
}

function preferenceOf(group: GroupName, switches: readonly Switch[]): GroupPreference {
  const usual: readonly ChannelName[] = GROUPS[group].channels
  const fixed = isFixed(group)
  const by = (channel: ChannelName): boolean => {
    const said = switches.find((one) => one.group === group && one.channel === channel)
    return fixed || !said ? usual.includes(channel) : said.enabled
  }
  return { group, email: by('EMAIL'), push: by('PUSH'), sms: by('SMS'), fixed }
}

/** Changes how the viewer is told of what; what is left out stays. What waits of what they want no more is not sent. @throws BadUserInput, Unauthenticated */
export async function updatePreferences(deps: Deps, viewer: Viewer, input: unknown): Promise<Preferences> {
  const { switches, quietHours, language, timezone } = parseInput(preferencesSchema, input)
  await transaction(deps.db, async (tx) => {
    if (!(await lockAccount(tx, viewer.id))) throw new Unauthenticated()
    if (language || timezone)
      await updateAccount(tx, viewer.id, { ...(language && { language }), ...(timezone && { timezone }) })
    for (const { group, channel, enabled } of switches ?? [])
      if (!enabled) await switchOff(tx, { userId: viewer.id, group, channel })
    const on = switches?.filter(({ enabled }) => enabled) ?? []
    if (on.length > 0) await upsertSwitches(tx, viewer.id, on)
    if (quietHours !== undefined) await replaceQuietHours(tx, viewer.id, quietHours)
  })
  return readPreferences(deps, viewer)
}
