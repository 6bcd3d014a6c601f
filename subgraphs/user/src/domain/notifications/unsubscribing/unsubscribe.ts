import { transaction } from '@karcis/kit/database'
import type { PageAnswer, PageRequest } from '@karcis/kit/subgraph/server'
import type { Deps } from '../../deps.ts'
import { answerHtml } from '../pages.ts'
import { switchOff } from './switch-off.ts'
import { askPage, donePage, UNSUBSCRIBE_POLICY, unknownPage } from './unsubscribe-page.ts'

/**
 * Behind the link in a mail. GET asks, since whatever scans mails opens links too; POST ends it, from the page or by one click in a
 * mail program (RFC 8058), and may come again. What waits to be sent of it is not sent any more.
 */
export async function unsubscribe(
  { db, unsubscribeLinks }: Pick<Deps, 'db' | 'unsubscribeLinks'>,
  { method, query }: Pick<PageRequest, 'method' | 'query'>,
): Promise<PageAnswer> {
  const what = unsubscribeLinks.read(query.get('token') ?? '')
  if (!what) return page(404, unknownPage())
  if (method === 'GET') return page(200, askPage(what))
  await transaction(db, (tx) => switchOff(tx, what))
  return page(200, donePage(what))
}

const page = (status: number, body: string): PageAnswer => answerHtml(status, body, UNSUBSCRIBE_POLICY)
