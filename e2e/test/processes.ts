import { grantDatabase } from '@karcis/infra/database-role'
import { freePort } from '@karcis/infra/setup'
import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { eventually } from '@karcis/testkit/eventually'
import { INHERITED } from '@karcis/testkit/process'
import { platformProcesses } from '../../scripts/platform.ts'
import { supervise } from '../../scripts/supervisor.ts'
import { ADMIN } from './karcis.ts'

/** What the processes of a test need to know that nobody else may. */
export const SECRETS = {
  SERVICE_SECRET: 'a secret between the processes of one test',
  KEY_ENCRYPTION_SECRET: 'seals the private keys of one test run',
  PASSWORD_PEPPER: 'pepper of one test',
  BCRYPT_COST: '4',
  ADMIN_EMAIL: ADMIN.email,
  ADMIN_PASSWORD: ADMIN.password,
}

/** The platform as `npm start` runs it: five processes, each started again when it dies. */
export interface Platform extends AsyncDisposable {
  url: string
  /** Kills a process as `kill -9` does and waits until its successor runs. */
  kill(name: string): Promise<void>
}

/**
 * @param owned databases, as their owner; each subgraph gets a role in its own.
 * @param settings in the environment of every process, as a person would give them.
 * @param faults where a file names the fault point that a process is to die at next (`KARCIS_FAULT_POINT`), by process.
 */
export async function startProcesses(
  owned: Record<SubgraphName, string>,
  redisUrl: string,
  settings: Record<string, string>,
  faults: (name: string) => string | null = () => null,
): Promise<Platform> {
  const ports = {} as Record<SubgraphName, number>
  const databaseUrls = {} as Record<SubgraphName, string>
  for (const name of SUBGRAPHS) {
    ports[name] = await freePort()
    databaseUrls[name] = await grantDatabase(name, owned[name], 'a password of this test')
  }
  const routerPort = await freePort()
  const processes = platformProcesses({
    routerPort,
    ports,
    databaseUrls,
    redisUrl,
    env: {
      ...INHERITED,
      NODE_ENV: 'development',
      LOG_LEVEL: 'fatal',
      ...SECRETS,
      ...settings,
    },
  })
  const supervisor = await supervise({
    processes: processes.map((group) =>
      group.map((spec) => {
        const file = faults(spec.name)
        return file === null ? spec : { ...spec, env: { ...spec.env, KARCIS_FAULT_POINT: `@${file}` } }
      }),
    ),
    log: () => undefined,
  })
  return {
    url: `http://127.0.0.1:${routerPort}`,
    async kill(name) {
      const pid = supervisor.pids()[name]
      if (pid === undefined) throw new Error(`${name} does not run`)
      process.kill(pid, 'SIGKILL')
      await eventually(() => {
        const successor = supervisor.pids()[name]
        if (successor === undefined || successor === pid) throw new Error(`${name} is still dead`)
      }, 30_000)
    },
    [Symbol.asyncDispose]: () => supervisor.stop(),
  }
}
