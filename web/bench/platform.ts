import { freePort } from '@karcis/infra/setup'
import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { startBacking } from '../../bench/whole/platform.ts'
import { platformProcesses } from '../../scripts/platform.ts'
import { seed } from '../../scripts/seed.ts'
import { supervise } from '../../scripts/supervisor.ts'

/** Where browsers open the platform, and what they look at there. */
interface Opened {
  origin: string
  /** Of the event with a seat map, and of who holds it. */
  slug: string
  organizer: string
}

/** The platform as in production, with the demo events, in processes of its own. */
export async function startPlatform(stack: AsyncDisposableStack): Promise<Opened> {
  const backing = await startBacking(stack)
  const ports = {} as Record<SubgraphName, number>
  for (const name of SUBGRAPHS) ports[name] = await freePort()
  const [routerPort, webPort] = [await freePort(), await freePort()]
  const origin = `http://localhost:${routerPort}`
  const files = { FILES_FOLDER: `${backing.directory}/files`, PUBLIC_URL: origin }
  stack.use(
    await supervise({
      processes: platformProcesses({
        routerPort,
        webPort,
        ports,
        databaseUrls: backing.databaseUrls,
        redisUrl: backing.redisUrl,
        env: { ...backing.env, ...files },
      }),
      log: () => undefined,
    }),
  )
  const admin = { email: backing.env.ADMIN_EMAIL ?? '', password: backing.env.ADMIN_PASSWORD ?? '' }
  await seed(origin, () => undefined, admin)
  const { events } = await askPlatform<{
    events: {
      edges: {
        node: {
          slug: string
          seatMap: object | null
          organizer: { organizerProfile: { slug: string } | null }
        }
      }[]
    }
  }>(
    origin,
    '{ events(first: 20) { edges { node { slug seatMap { revision } organizer { organizerProfile { slug } } } } } }',
  )
  const { node } = events.edges.find((edge) => edge.node.seatMap !== null) ?? {}
  const profile = node?.organizer.organizerProfile
  if (!node || !profile) throw new Error('the demo data has no event with a seat map of an organizer')
  return { origin, slug: node.slug, organizer: profile.slug }
}

/** Asks what anybody may. */
export async function askPlatform<T>(origin: string, query: string, variables: object = {}): Promise<T> {
  const answer = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  })
  const { data } = (await answer.json()) as { data: T }
  return data
}
