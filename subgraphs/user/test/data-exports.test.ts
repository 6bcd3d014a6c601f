import { readFileSync } from 'node:fs'
import { importMutant } from '@karcis/testkit/code-mutants'
import { eventually } from '@karcis/testkit/eventually'
import type { Loose } from '@karcis/testkit/gql'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { tokenOf } from '@karcis/testkit/people'
import { SERVICE_TOKEN_HEADER } from '@karcis/kit/service-token'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type * as exporting from '../src/domain/data-exports/data-exports.ts'
import { collectDataExport, resumeDataExports } from '../src/domain/data-exports/data-exports.ts'
import { PASSWORD, type Person, type Story, startStory } from './stories.ts'

let story: Story

beforeAll(async () => {
  story = await startStory()
})

afterAll(() => story[Symbol.asyncDispose]())

const FIELDS = 'id status requestedAt readyAt url expiresAt'
const PARTS = ['PersonalDataOfEvents', 'PersonalDataOfTickets', 'PersonalDataOfBookings']

const exportOf = async (person: Person): Promise<Loose> =>
  (await person.ask(`mutation { exportMyData { ${FIELDS} } }`)).data.exportMyData

const latestOf = async (person: Person): Promise<Loose> =>
  (await person.ask(`{ myDataExport { ${FIELDS} } }`)).data.myDataExport

const untilReady = (person: Person): Promise<Loose> =>
  eventually(async () => {
    const latest = await latestOf(person)
    expect(latest.status).toBe('READY')
    return latest
  })

async function fetchFile(url: string) {
  const headers = { [SERVICE_TOKEN_HEADER]: await tokenOf(null, 'user') }
  const response = await fetch(`${story.subgraph.url}${url}`, { headers })
  return { status: response.status, text: await response.text(), headers: response.headers }
}

const toldOf = async ({ id }: Person): Promise<number> => {
  const rows = await story.sql(
    `SELECT FROM notifications WHERE user_id = '${id}' AND kind = 'DATA_EXPORT_READY'`,
  )
  return rows.length
}

describe('what is kept of somebody', () => {
  it('is collected from all subgraphs into one file for them, and they are told once', async () => {
    const siti = await story.signUp('Siti')
    const asked = await exportOf(siti)
    expect(asked).toMatchObject({ status: 'COLLECTING', url: null, expiresAt: null })
    expect((await exportOf(siti)).id).toBe(asked.id) // whoever asks again, while it is under way
    const ready = await untilReady(siti)
    expect(ready.id).toBe(asked.id)
    expect((await exportOf(siti)).id).toBe(asked.id) // and while it can be fetched
    expect(Date.parse(ready.expiresAt) - Date.parse(ready.readyAt)).toBe(24 * 3_600_000)

    const { status, text, headers } = await fetchFile(ready.url)
    expect([status, headers.get('content-disposition')]).toEqual([
      200,
      `attachment; filename="karcis-${siti.id}.json"`,
    ])
    const file = JSON.parse(text)
    expect(file).toMatchObject({
      collectedAt: ready.readyAt,
      user: {
        account: { id: siti.id, email: siti.email, phone_number: '+62 812 3456', address: 'Jalan Melati 1' },
        sessions: [{ id: siti.viewer.sessionId }],
        auditLog: [{ action: 'createUser' }],
      },
      event: { PersonalDataOfEvents: siti.id },
      ticket: { PersonalDataOfTickets: siti.id },
      booking: { PersonalDataOfBookings: siti.id },
    })
    expect(text).not.toMatch(/hash|secret|\$2[aby]\$/i)
    expect(await toldOf(siti)).toBe(1)
  })

  it('leaves nothing out that is kept by person, but what says nothing of them', async () => {
    const source = new URL('../src/domain/data-exports/data-export-store.ts', import.meta.url)
    const collected = new Set(readFileSync(source, 'utf8').match(/(?<=FROM )\w+/g))
    const byPerson = await story.sql(`SELECT DISTINCT table_name FROM information_schema.columns
      WHERE table_schema = 'public' AND column_name IN ('user_id', 'actor_id')`)
    const missing = byPerson.map(({ table_name }) => table_name).filter((table) => !collected.has(table))
    expect(missing.toSorted()).toEqual([
      'account_links', // hashes of tokens that work once
      'deliveries', // notifications on their way
      'google_calendar_consents', // begun at Google, and good for ten minutes
      'known_places', // keyed hashes of networks
      'notification_boxes', // a number
      'phone_codes', // keyed hashes, for minutes
      'provider_sign_ins', // hashes, for minutes
      'sign_in_challenges', // hashes, for minutes
    ])
  })

  it('is nobody else’s: a link is signed, says until when, and goes with the account', async () => {
    const [siti, budi] = [await story.comeBack('siti@karcis.test'), await story.signUp('Budi')]
    expect(await latestOf(budi)).toBeNull()
    expect((await story.anybody('mutation { exportMyData { id } }')).code).toBe('UNAUTHENTICATED')
    const { url, id } = await latestOf(siti)
    expect((await fetchFile(url.replace(/.\.json$/, '_.json').replace('__', '_A'))).status).toBe(404)
    await story.sql(`UPDATE data_exports SET expires_at = now() WHERE id = '${id}'`)
    expect((await fetchFile(url)).status).toBe(404)
    expect(await latestOf(siti)).toBeNull()

    await exportOf(siti)
    const again = await untilReady(siti)
    const ERASE = 'mutation ($id: ID!, $input: DeleteUserInput) { deleteUser(id: $id, input: $input) { id } }'
    expect((await siti.ask(ERASE, { id: siti.id, input: { password: PASSWORD } })).errors).toEqual([])
    expect((await fetchFile(again.url)).status).toBe(404)
    expect(await story.sql(`SELECT FROM data_exports WHERE user_id = '${siti.id}'`)).toEqual([])
  })

  /** The job of an export has found somebody away, asks nobody once more, and is lost with its process. */
  async function loseJob(exportId: string): Promise<void> {
    const job = `graphile_worker._private_jobs WHERE payload->>'exportId' = '${exportId}'`
    await eventually(async () =>
      expect(await story.sql(`SELECT FROM ${job} AND attempts > 0 AND locked_at IS NULL`)).toHaveLength(1),
    )
    await story.sql(`DELETE FROM ${job}`)
  }

  it('is collected to its end, wherever that was broken off, each part asked for once', async () => {
    const { deps } = story.subgraph
    for (const [at, missing] of PARTS.entries()) {
      const dewi = await story.signUp(`Dewi ${at}`)
      story.neighbours.unanswered.add(missing)
      const { id } = await exportOf(dewi)
      await eventually(async () =>
        expect(
          await story.sql(`SELECT subgraph FROM data_export_parts WHERE export_id = '${id}'`),
        ).toHaveLength(1 + at),
      )
      expect(await latestOf(dewi)).toMatchObject({ status: 'COLLECTING', url: null })
      await loseJob(id)
      story.neighbours.unanswered.clear()
      story.neighbours.asked.length = 0
      await story.sql(
        `UPDATE data_exports SET requested_at = now() - interval '2 minutes' WHERE id = '${id}'`,
      )
      await resumeDataExports.run(deps, {})
      await untilReady(dewi)
      const asked = story.neighbours.asked.map(({ operation }) => operation)
      expect(asked.filter((operation) => PARTS.includes(operation))).toEqual(PARTS.slice(at))
      expect(await toldOf(dewi)).toBe(1)
    }
  })

  it('would ask again for parts that are there if it did not look', async () => {
    const wati = await story.signUp('Wati')
    story.neighbours.unanswered.add('PersonalDataOfBookings')
    const { id: exportId } = await exportOf(wati)
    await eventually(async () =>
      expect(
        await story.sql(`SELECT subgraph FROM data_export_parts WHERE export_id = '${exportId}'`),
      ).toHaveLength(3),
    )
    await loseJob(exportId)
    story.neighbours.unanswered.clear()
    story.neighbours.asked.length = 0
    const unlooked = ['      if (parts.has(name)) continue\n', ''] as const
    const mutant = await importMutant<typeof exporting>(
      new URL('../src/domain/data-exports/data-exports.ts', import.meta.url),
      [unlooked],
    )
    await mutant.collectDataExport.run(story.subgraph.deps, { exportId })
    const asked = story.neighbours.asked.map(({ operation }) => operation)
    expect(asked.filter((operation) => PARTS.includes(operation))).toEqual(PARTS)
  })

  /** How many exports there are of somebody who asks several times at once. */
  async function askAtOnce(person: Person): Promise<number> {
    story.neighbours.unanswered.add('PersonalDataOfEvents')
    await parallel(4, () => exportOf(person))
    const rows = await story.sql(`SELECT FROM data_exports WHERE user_id = '${person.id}'`)
    story.neighbours.unanswered.clear()
    return rows.length
  }

  it('is one of whoever asks several times at once: the account is locked', async () => {
    expect(await askAtOnce(await story.signUp('Yuni'))).toBe(1)
  })

  it('would be several without the lock and data_exports_one_under_way', async () => {
    await story.sql('DROP INDEX data_exports_one_under_way')
    const unlocked = ['FOR UPDATE', 'FOR KEY SHARE'] as const
    const made = await withMutant(story.subgraph.deps, unlocked, async () => {
      let most = 0
      for (let round = 0; round < 8 && most < 2; round += 1)
        most = await askAtOnce(await story.signUp(`Zaki ${round}`))
      return most
    })
    expect(made).toBeGreaterThan(1)
    await story.sql('DELETE FROM data_exports WHERE ready_at IS NULL')
    await story.sql(
      'CREATE UNIQUE INDEX data_exports_one_under_way ON data_exports (user_id) WHERE ready_at IS NULL',
    )
  })

  it('is told once, however many collect it at once', async () => {
    const tono = await story.signUp('Tono')
    story.neighbours.unanswered.add('PersonalDataOfBookings')
    const { id: exportId } = await exportOf(tono)
    story.neighbours.unanswered.clear()
    await Promise.all(
      Array.from({ length: 5 }, () => collectDataExport.run(story.subgraph.deps, { exportId })),
    )
    expect(await untilReady(tono)).toMatchObject({ id: exportId })
    expect(await toldOf(tono)).toBe(1)
  })
})
