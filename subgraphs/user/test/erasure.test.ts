import { readFile } from 'node:fs/promises'
import { newId } from '@karcis/kit/ids'
import { importMutant } from '@karcis/testkit/code-mutants'
import { type Traces, tracesIn } from '@karcis/testkit/traces'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type * as product from '../src/domain/account-management/delete-user.ts'
import { deleteUser } from '../src/domain/account-management/delete-user.ts'
import { createClient } from '../src/domain/client.ts'
import { PASSWORD, type Person, type Story, startStory } from './stories.ts'

const DELETE = new URL('../src/domain/account-management/delete-user.ts', import.meta.url)

let story: Story
let traces: Traces
let friend: Person
beforeAll(async () => {
  story = await startStory()
  traces = await tracesIn(story.databaseUrl)
  friend = await story.signUp('Friend')
})
afterAll(async () => {
  await traces[Symbol.asyncDispose]()
  await story[Symbol.asyncDispose]()
})

/** Somebody of whom there is something in every table that has anything of people, and texts that are theirs alone. */
async function everywhere(): Promise<{ person: Person; texts: string[] }> {
  const mark = `x${newId().slice(-12)}`
  const person = await story.signUp(`Siti ${mark}`)
  const { id } = person
  const guest = newId()
  const about = (
    userId: string,
    kind: string,
    data: object,
  ) => `INSERT INTO notifications (id, user_id, kind, cause, data)
    VALUES ('${newId()}', '${userId}', '${kind}', '${newId()}', '${JSON.stringify(data)}')`
  for (const statement of [
    `UPDATE users SET phone_number = '+62 ${mark}', address = 'Jalan ${mark}' WHERE id = '${id}'`,
    `INSERT INTO users (id, role, guest_email, name, guest_bought_at, guest_claimed_by, guest_claimed_at)
      VALUES ('${guest}', 'GUEST', '${mark}@guest.test', 'Guest ${mark}', now(), '${id}', now())`,
    about(guest, 'PASSWORD_CHANGED', { by: mark }),
    `INSERT INTO email_changes (id, user_id, old_email, old_verified, new_email, expires_at)
      VALUES ('${newId()}', '${id}', '${person.email}', false, 'new.${mark}@karcis.test', now() + interval '1 day')`,
    `INSERT INTO known_places (user_id, place) VALUES ('${id}', sha256('${mark}'))`,
    `INSERT INTO audit_addresses (entry_id, address, salt)
      SELECT id, '198.51.100.7 ${mark}', sha256('x') FROM audit_entries WHERE actor_id = '${id}' LIMIT 1`,
    `INSERT INTO data_exports (id, user_id) VALUES ('${newId()}', '${id}')`,
    `INSERT INTO totp_factors (user_id, sealed_secret) VALUES ('${id}', '\\x00')`,
    `INSERT INTO recovery_codes (user_id, code_hash) VALUES ('${id}', sha256('${mark}'))`,
    `INSERT INTO passkeys (id, user_id, credential_id, public_key, sign_count, transports, synced, name)
      VALUES ('${newId()}', '${id}', '${mark}', '\\x00', 0, '{}', true, 'Phone of ${mark}')`,
    `UPDATE sessions SET user_agent = 'Browser of ${mark}' WHERE user_id = '${id}'`,
    `INSERT INTO identities (id, user_id, issuer, subject, email)
      VALUES ('${newId()}', '${id}', 'https://issuer.example', '${mark}', '${mark}@gmail.example')`,
    `INSERT INTO google_calendars (user_id, sealed_token, email) VALUES ('${id}', '\\x00', '${mark}@gmail.example')`,
    `INSERT INTO google_calendar_consents (user_id, state_hash, redirect_uri, expires_at)
      VALUES ('${id}', sha256('${mark}'), 'https://page.example', now() + interval '1 hour')`,
    `INSERT INTO organizer_proposals (id, user_id, name, category, description, location)
      VALUES ('${newId()}', '${id}', '${mark} Live', 'Music', 'By ${mark}', 'Jakarta')`,
    `INSERT INTO organizer_slugs (slug, organizer_id) VALUES ('${mark}', '${id}')`,
    `INSERT INTO organizer_profiles (user_id, slug, name) VALUES ('${id}', '${mark}', 'House of ${mark}')`,
    `INSERT INTO content_reports (id, kind, subject_id, reporter_id, reason)
      VALUES ('${newId()}', 'EVENT', '${newId()}', '${id}', 'It is not there.')`,
    `INSERT INTO wishlist_items (id, user_id, event_id) VALUES ('${newId()}', '${id}', '${newId()}')`,
    `INSERT INTO follows (id, user_id, organizer_id) VALUES ('${newId()}', '${id}', '${friend.id}')`,
    `INSERT INTO notification_switches (user_id, kinds, channel, enabled) VALUES ('${id}', 'EVENTS', 'EMAIL', false)`,
    `INSERT INTO quiet_hours (user_id, starts, ends) VALUES ('${id}', '22:00', '06:00')`,
    `INSERT INTO dead_addresses (channel, address) VALUES ('EMAIL', '${person.email}')`,
    about(friend.id, 'TICKET_RECEIVED', { name: `Siti ${mark}`, personId: id }),
  ])
    await story.sql(statement)
  return { person, texts: [mark, person.email] }
}

/** Tables in which there is still something of somebody, but for what stays of everybody: that there were sessions, what they did, how far their list came. */
async function left({ id }: Person, texts: string[]): Promise<string[]> {
  const byPerson =
    await story.sql(`SELECT table_name AS name, column_name AS "column" FROM information_schema.columns
    WHERE table_schema = 'public' AND column_name IN ('user_id', 'guest_claimed_by', 'reporter_id', 'organizer_id')`)
  const rows = await story.sql(
    byPerson
      .map(
        ({ name, column }) =>
          `SELECT '${name}' AS name WHERE EXISTS (SELECT FROM ${name} WHERE ${column} = '${id}')`,
      )
      .join(' UNION '),
  )
  const stays = ['sessions', 'notification_boxes']
  const named = (await traces.of(...texts)).map((table) => table.replace('public.', ''))
  return [
    ...new Set([...named, ...rows.map(({ name }) => name).filter((name) => !stays.includes(name))]),
  ].toSorted()
}

type Erasing = typeof product

const erase = async ({ deleteUser: erasing }: Pick<Erasing, 'deleteUser'>, person: Person) => {
  const viewer = { ...person.viewer, authTime: Math.floor(Date.now() / 1000) }
  const input = { password: PASSWORD, acknowledgeLoss: true }
  await erasing(story.subgraph.deps, createClient({}), viewer, person.id, input)
}

describe('an erasure', () => {
  it('leaves nothing of somebody in any table', async () => {
    const { person, texts } = await everywhere()
    expect((await left(person, texts)).length).toBeGreaterThan(15)
    await erase({ deleteUser }, person)
    expect(await left(person, texts)).toEqual([])
  })

  it.each([
    [
      '    for (const guest of await findGuestsOf(tx, id)) await eraseGuest(tx, guest.id)',
      ['notifications', 'users'],
    ],
    ['    await deleteLinksOf(tx, id)', ['account_links']],
    ['    await deleteEmailChangesOf(tx, id)', ['email_changes']],
    ['    await deleteKnownPlacesOf(tx, id)', ['known_places']],
    ['    await deleteAuditAddressesOf(tx, id)', ['audit_addresses']],
    ['    await deleteDataExportsOf(tx, id)', ['data_exports']],
    ['    await deleteFactorsOf(tx, id)', ['passkeys', 'recovery_codes', 'totp_factors']],
    ['    await forgetTracesOf(tx, id)', ['sessions']],
    ['    await deleteIdentitiesOf(tx, id)', ['identities']],
    ['    await forgetGoogleCalendar(tx, id)', ['google_calendar_consents', 'google_calendars']],
    ['    await deleteProposalsOf(tx, id)', ['organizer_proposals']],
    ['    await deletePage(tx, id)', ['organizer_profiles', 'organizer_slugs']],
    ['    await eraseReporter(tx, id)', ['content_reports']],
    ['    await deleteWishlistOf(tx, id)', ['wishlist_items']],
    [
      '    await deleteNotificationsOf(tx, id)',
      ['deliveries', 'notification_switches', 'notifications', 'quiet_hours'],
    ],
    ['    await forgetNameOf(tx, id, ERASED_NAME)', ['notifications']],
    ['    if (before.email) await deleteDeadMailAddress(tx, before.email)', ['dead_addresses']],
    ['    await deleteFollowsOf(tx, id)', ['follows']],
  ])('would without%s', async (line, tables) => {
    const { person, texts } = await everywhere()
    await erase(await importMutant<Erasing>(DELETE, [[line, '']]), person)
    expect(await left(person, texts)).toEqual(tables)
  })

  it('takes every step that there is: each is one of these', async () => {
    const [, steps = ''] =
      /requireAnotherAdmin\(before, anotherAdmin\)\n([\s\S]*?)\n {4}const account = /.exec(
        await readFile(DELETE, 'utf8'),
      ) ?? []
    expect(steps.split('\n')).toHaveLength(19) // that of the files has tests of its own
  })
})
