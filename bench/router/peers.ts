import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A file of bench/peers. */
export const peer = (path: string): string => fileURLToPath(new URL(`../peers/${path}`, import.meta.url))

/** Installs the peers from their lockfile, unless that has been done. They are npm's, apart from the workspace. */
export function installPeers(): void {
  const stamp = peer('node_modules/.karcis-install')
  const wanted = createHash('sha256')
    .update(readFileSync(peer('package-lock.json')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  console.log('[install] peers of the bench (first time, or they changed: about two minutes)')
  const { status } = spawnSync('npm', ['ci', '--loglevel=error'], { cwd: peer('.'), stdio: 'inherit' })
  if (status !== 0) throw new Error('The peers could not be installed: see above.')
  writeFileSync(stamp, wanted)
}
