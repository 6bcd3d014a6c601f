import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Balancer, startBalancer } from '@karcis/testkit/balancer'

/** A balancer in a process of its own, so that it does not wait for the load that is made here. Its processes are always the same. */
export async function balancerApart(
  ...urls: string[]
): Promise<Pick<Balancer, 'url' | 'targets' | typeof Symbol.asyncDispose>> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), ...urls], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  return {
    url: said.toString().trim(),
    targets: new Set(urls),
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await startBalancer(...process.argv.slice(2))
  process.stdout.write(`${url}\n`)
}
