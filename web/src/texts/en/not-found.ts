import type { notFound as indonesian } from '../id/not-found.ts'
import type { Same } from '../same.ts'

export const notFound: Same<typeof indonesian> = {
  title: 'There is no such page',
  text: 'The address may be mistyped, or the page has moved.',
  action: 'To the front page',
}
