import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']
const ELSEWHERE = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/** Chromium's program: as `CHROMIUM` says, else the system's, else from the system's packages where that needs no question; null where there is none. */
export function findChromium(): string | null {
  const { CHROMIUM } = process.env
  if (CHROMIUM) return existsSync(CHROMIUM) ? CHROMIUM : null
  return installed() ?? install()
}

function installed(): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const paths = [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), ...ELSEWHERE]
  return paths.find((path) => existsSync(path)) ?? null
}

/** Debian as root. Ubuntu's package only leads to a store of its own. */
function install(): string | null {
  const canInstall =
    process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/etc/debian_version')
  if (!canInstall) return null
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const args = [
    'install',
    '-y',
    '-qq',
    '--no-install-recommends',
    '-o',
    'DPkg::Lock::Timeout=120',
    'chromium',
  ]
  spawnSync('apt-get', args, { env, stdio: 'ignore', timeout: 180_000 })
  return installed()
}

/** Without a sandbox as root, which has none; and silent towards its makers. */
export const CHROMIUM_FLAGS = [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-dev-shm-usage',
]
