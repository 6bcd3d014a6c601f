import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openMissingPages } from '../src/domain/organizers/pages.ts'
import { PASSWORD, type Person, type Story, startStory } from './stories.ts'

let story: Story
let admin: Person
beforeAll(async () => {
  story = await startStory()
  admin = await story.admin()
})
afterAll(() => story[Symbol.asyncDispose]())

const PAGE = 'id slug name about website links { label url } followerCount followed verifiedSince'
const GET = `query ($slug: String!) { organizer(slug: $slug) { ${PAGE} } }`
const UPDATE = `mutation ($input: UpdateOrganizerProfileInput!) { updateOrganizerProfile(input: $input) { ${PAGE} } }`
const SUBMIT = `mutation ($input: SubmitOrganizerProposalInput!) { submitOrganizerProposal(input: $input) { id } }`
const REVIEW = `mutation ($id: ID!, $input: ReviewOrganizerProposalInput!) { reviewOrganizerProposal(id: $id, input: $input) { id } }`
const PROPOSAL = { name: 'Siti Live', category: 'Music', description: 'We do jazz.', location: 'Bandung' }

const pageAt = async (slug: string) => (await story.anybody(GET, { slug })).data.organizer

/** Somebody who may hold events, since their proposal of this name was approved. */
async function organizer(name: string): Promise<Person> {
  const person = await story.signUp()
  const { data } = await person.ask(SUBMIT, { input: { ...PROPOSAL, name } })
  await admin.ask(REVIEW, { id: data.submitOrganizerProposal.id, input: { decision: 'APPROVED' } })
  return story.comeBack(person.email)
}

describe('the page of an organizer', () => {
  it('is there from the moment that an admin lets them hold events, in the words of their proposal', async () => {
    const siti = await organizer('Siti Live')
    const page = await pageAt('SITI-live')
    expect(page).toEqual({
      id: siti.id,
      slug: 'siti-live',
      name: 'Siti Live',
      about: 'We do jazz.',
      website: null,
      links: [],
      followerCount: 0,
      followed: false,
      verifiedSince: expect.any(String),
    })
    const budi = await story.signUp()
    await budi.ask('mutation ($id: ID!) { followOrganizer(id: $id) { id } }', { id: siti.id })
    const { data } = await budi.ask(GET, { slug: page.slug })
    expect(data.organizer).toMatchObject({ followerCount: 1, followed: true })
    const { data: entities } = await story.anybody(
      'query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { organizerProfile { slug } } } }',
      { of: [siti.id, budi.id].map((id) => ({ __typename: 'User', id })) },
    )
    expect(entities._entities).toEqual([
      { organizerProfile: { slug: 'siti-live' } },
      { organizerProfile: null },
    ])
  })

  it('says what its organizer wants, and links to nothing but the web', async () => {
    const siti = await organizer('Kopi Senja')
    const links = [{ label: 'Instagram', url: 'https://instagram.com/kopisenja' }]
    const input = { about: 'Coffee\nand songs', website: 'https://kopisenja.id', links }
    const { data } = await siti.ask(UPDATE, { input })
    expect(data.updateOrganizerProfile).toMatchObject({ ...input, name: 'Kopi Senja', slug: 'kopi-senja' })
    const cleared = await siti.ask(UPDATE, { input: { about: null, website: null, links: null } })
    expect(cleared.data.updateOrganizerProfile).toMatchObject({ about: null, website: null, links: [] })

    for (const url of [
      'javascript:alert(1)',
      'ftp://kopisenja.id',
      'kopisenja.id',
      `https://a.id/${'x'.repeat(500)}`,
    ])
      expect((await siti.ask(UPDATE, { input: { website: url } })).facts.fields).toMatchObject([
        { path: 'input.website' },
      ])
    const many = Array.from({ length: 11 }, () => links[0])
    expect((await siti.ask(UPDATE, { input: { name: ' ', links: many } })).facts.fields).toMatchObject([
      { path: 'input.name' },
      { path: 'input.links', message: 'must be 10 at most' },
    ])
    const budi = await story.signUp()
    expect((await budi.ask(UPDATE, { input })).code).toBe('FORBIDDEN')
    expect((await story.anybody(UPDATE, { input })).code).toBe('UNAUTHENTICATED')
  })

  it('is found by the slugs that it had before, which nobody else is given, and can have them back', async () => {
    const siti = await organizer('Nada Raya')
    await siti.ask(UPDATE, { input: { name: 'Nada Baru' } })
    for (const slug of ['nada-raya', 'nada-baru'])
      expect(await pageAt(slug)).toMatchObject({ id: siti.id, slug: 'nada-baru', name: 'Nada Baru' })
    const other = await organizer('Nada Raya')
    const [{ slug }] = await story.sql(`SELECT slug FROM organizer_profiles WHERE user_id = '${other.id}'`)
    expect(slug).toBe(`nada-raya-${other.id.slice(-6)}`)
    await siti.ask(UPDATE, { input: { name: 'Nada Raya' } })
    expect(await pageAt('nada-baru')).toMatchObject({ id: siti.id, slug: 'nada-raya' })
  })

  it('takes no more than five slugs a day', async () => {
    const siti = await organizer('Name 0')
    for (const at of [1, 2, 3, 4]) await siti.ask(UPDATE, { input: { name: `Name ${at} of ${siti.id}` } })
    const refused = await siti.ask(UPDATE, { input: { name: `Name 5 of ${siti.id}` } })
    expect(refused).toMatchObject({ code: 'RATE_LIMITED', facts: { retryAfterSeconds: 86_400 } })
    expect(await pageAt(`name-5-of-${siti.id}`)).toBeNull()
    expect((await siti.ask(UPDATE, { input: { about: 'Still here.' } })).code).toBeUndefined()
  })

  it('is closed while its organizer may hold no events, and gone with their account', async () => {
    const siti = await organizer('Teater Malam')
    const suspend = 'mutation ($id: ID!, $reason: String!) { suspendUser(id: $id, reason: $reason) { id } }'
    await admin.ask(suspend, { id: siti.id, reason: 'Fraud' })
    expect(await pageAt('teater-malam')).toBeNull()
    await admin.ask('mutation ($id: ID!) { unsuspendUser(id: $id) { id } }', { id: siti.id })
    expect(await pageAt('teater-malam')).toMatchObject({ id: siti.id })
    const erase = 'mutation ($id: ID!, $input: DeleteUserInput) { deleteUser(id: $id, input: $input) { id } }'
    const again = await story.comeBack(siti.email)
    expect(
      (await again.ask(erase, { id: siti.id, input: { password: PASSWORD, acknowledgeLoss: true } })).code,
    ).toBeUndefined()
    expect(await pageAt('teater-malam')).toBeNull()
    expect(await story.sql(`SELECT slug FROM organizer_slugs WHERE organizer_id = '${siti.id}'`)).toEqual([])
  })

  it('is made for organizers of before there were pages, once', async () => {
    const siti = await organizer('Dulu Kala')
    await story.sql(`DELETE FROM organizer_profiles WHERE user_id = '${siti.id}'`)
    await story.sql(`DELETE FROM organizer_slugs WHERE organizer_id = '${siti.id}'`)
    await Promise.all([openMissingPages(story.subgraph.deps), openMissingPages(story.subgraph.deps)])
    expect(await pageAt('dulu-kala')).toMatchObject({ id: siti.id, verifiedSince: expect.any(String) })
  })
})

/** Ten organizers take one name at once. */
async function tenTakeOneName(name: string) {
  const people = await Promise.all(Array.from({ length: 10 }, () => story.signUp()))
  await story.sql(
    `UPDATE users SET role = 'ORGANIZER' WHERE id IN (${people.map(({ id }) => `'${id}'`).join()})`,
  )
  const organizers = await Promise.all(people.map(({ email }) => story.comeBack(email)))
  const outcomes = await parallel(10, async (at) => organizers[at]?.ask(UPDATE, { input: { name } }))
  return outcomes.map((one) =>
    one.status === 'fulfilled' ? one.value?.data.updateOrganizerProfile?.slug : one.reason,
  )
}

describe('ten organizers who take one name at once', () => {
  it("share one when a slug's owner is not looked at, and no key of their pages is", async () => {
    const constraints = [
      [
        'organizer_profiles_user_id_slug_fkey',
        'FOREIGN KEY (user_id, slug) REFERENCES organizer_slugs (organizer_id, slug)',
      ],
      ['organizer_profiles_slug_key', 'UNIQUE (slug)'],
    ] as const
    for (const [name] of constraints)
      await story.sql(`ALTER TABLE organizer_profiles DROP CONSTRAINT ${name}`)
    const guard = ['WHERE s.organizer_id = excluded.organizer_id'] as const
    const slugs = await withMutant(story.subgraph.deps, guard, () => tenTakeOneName('Kembar Satu'))
    expect(new Set(slugs)).toEqual(new Set(['kembar-satu']))
    await story.sql(`DELETE FROM organizer_profiles WHERE slug = 'kembar-satu'`)
    for (const [name, what] of constraints)
      await story.sql(`ALTER TABLE organizer_profiles ADD CONSTRAINT ${name} ${what}`)
  })

  it('have one each with them', async () => {
    const slugs = await tenTakeOneName('Kembar Dua')
    expect(new Set(slugs).size).toBe(10)
    for (const slug of slugs) expect(slug).toMatch(/^kembar-dua/)
  })
})
