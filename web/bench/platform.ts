import { freePort } from '@karcis/infra/setup'
import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { startBacking } from '../../bench/whole/platform.ts'
import { platformProcesses } from '../../scripts/platform.ts'
import { seed } from '../../scripts/seed.ts'
import { supervise } from '../../scripts/supervisor.ts'

/** The platform as in production, with the demo events, in processes of its own. @returns where browsers open it, and somebody to sign in as. */
export async function startPlatform(
  stack: AsyncDisposableStack,
): Promise<{ origin: string; people: { email: string; password: string }[] }> {
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
  const people = await seed(origin, () => undefined, admin)
  return { origin, people: [...people] }
}
