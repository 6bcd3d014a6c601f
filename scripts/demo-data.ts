import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from './paths.ts'
import { hashFiles, isStamped, writeStamp } from './stamp.ts'
import type { StartSettings } from './start-settings.ts'

interface DemoUser {
  readonly role: string
  readonly email: string
  readonly password: string
}

/** What scripts/seed.ts exports. */
interface SeedModule {
  seed(
    routerUrl: string,
    log: (line: string) => void,
    admin: { email: string; password: string },
  ): Promise<void>
  readonly demoUsers?: readonly DemoUser[]
}

/** Fills the platform through its own API on the first run, and tells who can sign in. */
export async function seedDemoData(
  settings: StartSettings,
  routerUrl: string,
  log: (line: string) => void,
): Promise<readonly DemoUser[]> {
  const { admin, dataDir, seed } = settings
  if (!admin) return []
  const users: DemoUser[] = [{ role: 'ADMIN', ...admin }]
  const file = join(ROOT, 'scripts/seed.ts')
  if (!seed || !existsSync(file)) return users
  const module = (await import(pathToFileURL(file).href)) as SeedModule
  const stamp = join(dataDir, 'seeded')
  const hash = hashFiles([file])
  if (!isStamped(stamp, hash)) {
    log('seeding demo data (once)')
    try {
      await module.seed(routerUrl, log, admin)
      writeStamp(stamp, hash)
    } catch (error) {
      log(`the demo data is incomplete, the next start tries again: ${(error as Error).message}`)
    }
  }
  return [...users, ...(module.demoUsers ?? [])]
}
