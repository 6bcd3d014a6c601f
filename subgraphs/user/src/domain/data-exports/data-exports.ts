import { ASKED_FOR_PERSONAL_DATA, PERSONAL_DATA, personalDataPart } from '@karcis/kit/contracts/personal-data'
import { downloadPath, downloadToken } from '@karcis/kit/contracts/downloads'
import { SUBGRAPHS } from '@karcis/kit/contracts/subgraphs'
import { transaction } from '@karcis/kit/database'
import { NotFound, Unauthenticated } from '@karcis/kit/errors'
import { faultPoint } from '@karcis/kit/fault-points'
import { defineJob, enqueue } from '@karcis/kit/jobs'
import type { Viewer } from '@karcis/kit/service-token'
import type { FileAnswer } from '@karcis/kit/subgraph/server'
import { z } from 'zod'
import { lockAccount } from '../accounts/account-store.ts'
import type { Deps } from '../deps.ts'
import { notify } from '../notifications/notify.ts'
import { subgraph } from '../other-subgraphs.ts'
import {
  type PersonalExport,
  findDataExport,
  findDataExportOf,
  findParts,
  findPersonalData,
  insertDataExport,
  insertPart,
  listUnfinishedExports,
  moveDataExportToReady,
} from './data-export-store.ts'

/**
 * Has everything collected that is kept of the viewer. Who asks again is given the same, while that is collected or can still be fetched.
 * @throws Unauthenticated when the account is gone.
 */
export const exportMyData = ({ db }: Pick<Deps, 'db'>, { id }: Viewer): Promise<PersonalExport> =>
  transaction(db, async (tx) => {
    const account = await lockAccount(tx, id)
    if (!account || account.deletedAt) throw new Unauthenticated()
    const known = await findDataExportOf(tx, id)
    if (known) return known
    const made = await insertDataExport(tx, id)
    await enqueue(tx, collectDataExport, { exportId: made.id })
    return made
  })

/** The viewer's last one; null when there is none, or its time is over. */
export const readMyDataExport = ({ db }: Pick<Deps, 'db'>, { id }: Viewer): Promise<PersonalExport | null> =>
  findDataExportOf(db, id)

/** Where the file can be fetched; null while it is collected. */
export const urlOf = (
  { personalDataUrls }: Pick<Deps, 'personalDataUrls'>,
  { id, expiresAt }: PersonalExport,
): string | null =>
  expiresAt && downloadPath('personalData', personalDataUrls.sign({ exportId: id }, expiresAt))

/**
 * Asks each subgraph for its part, keeps it, and tells the person once all are there. Broken off anywhere, it goes on with the parts that
 * are missing; done twice at once, it comes to the same.
 */
export const collectDataExport = defineJob({
  name: 'collect-data-export',
  schema: z.object({ exportId: z.uuid() }),
  async run(deps: Deps, { exportId }) {
    const asked = await findDataExport(deps.db, exportId)
    if (!asked || asked.readyAt) return
    const parts = await findParts(deps.db, exportId)
    for (const name of SUBGRAPHS) {
      if (parts.has(name)) continue
      const content = await partOf(deps, name, asked.userId)
      await faultPoint('collect-export/asked')
      await transaction(deps.db, (tx) => insertPart(tx, exportId, name, content))
      await faultPoint('collect-export/kept')
    }
    await transaction(deps.db, async (tx) => {
      const ready = await moveDataExportToReady(tx, exportId)
      if (!ready?.expiresAt) return
      const data = { expiresAt: ready.expiresAt.toISOString() }
      await notify(tx, [{ userId: ready.userId, kind: 'DATA_EXPORT_READY', cause: exportId, data }])
    })
    await faultPoint('collect-export/ready')
  },
})

async function partOf(deps: Deps, name: (typeof SUBGRAPHS)[number], userId: string): Promise<string> {
  const asked = ASKED_FOR_PERSONAL_DATA.find((one) => one === name)
  if (!asked) return findPersonalData(deps.db, userId)
  return personalDataPart.parse(await subgraph(deps, asked).query(PERSONAL_DATA[asked], { userId })).part
}

const AT_ONCE = 20

/** Goes on with exports whose job was lost. */
export const resumeDataExports = defineJob({
  name: 'resume-data-exports',
  schema: z.object({}),
  async run(deps: Deps) {
    for (const exportId of await listUnfinishedExports(deps.db, AT_ONCE))
      await transaction(deps.db, (tx) => enqueue(tx, collectDataExport, { exportId }, { key: exportId }))
  },
})

/** The file that a link opens. @throws NotFound for what is no link of ours, past its time, or of an account that was erased. */
export async function openDataExport(deps: Deps, name: string): Promise<FileAnswer> {
  const token = downloadToken('personalData', name)
  const claim = token === null ? null : deps.personalDataUrls.read(token)
  const found = claim && (await findDataExport(deps.db, claim.exportId))
  if (!found?.readyAt) throw new NotFound('export', 'of this link')
  const parts = await findParts(deps.db, found.id)
  return {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': `attachment; filename="karcis-${found.userId}.json"`,
      'cache-control': 'no-store',
    },
    body: fileOf(found.readyAt, parts),
  }
}

/** The parts as they came, beside each other. */
async function* fileOf(at: Date, parts: ReadonlyMap<string, string>): AsyncGenerator<string> {
  yield `{"collectedAt":${JSON.stringify(at)}`
  for (const name of SUBGRAPHS) yield `,${JSON.stringify(name)}:${parts.get(name) ?? 'null'}`
  yield '}'
}
