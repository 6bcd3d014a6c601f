import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { connect, createServer as createTcpServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Edit, importMutant } from '@karcis/testkit/code-mutants'
import { eventually } from '@karcis/testkit/eventually'
import { expect, it, onTestFinished } from 'vitest'
import { createBreaker } from '../src/breakers/breaker.ts'
import type * as original from '../src/breakers/peer-breaker.ts'
import { circuitFigures } from '../src/breakers/circuit.ts'
import { KarcisError, ServiceUnavailable } from '../src/errors.ts'
import { listen, sendJson } from '../src/http.ts'
import { createLog } from '../src/log.ts'
import { createServiceClient } from '../src/service-client.ts'
import { createServiceTokens } from '../src/service-token.ts'
import { Waiting, workFor } from '../src/waiting.ts'
import { SECRET } from './start-server.ts'

const tokens = createServiceTokens(SECRET, 'ticket').to('booking')
const TIMEOUT_MS = 1_000

/** A client of the process at a URL, with a log, and so with circuits, of its own. */
function clientOf(url: string) {
  const log = createLog('test', 'silent')
  const client = createServiceClient(url, tokens, { name: 'booking', log, timeoutMs: TIMEOUT_MS })
  onTestFinished(() => client[Symbol.dispose]())
  const ask = async (operation = '{ done }') => {
    const since = performance.now()
    const told = await client.query(operation, {}).catch((error: unknown) => error)
    const ms = performance.now() - since
    return told instanceof KarcisError ? { code: told.code, ...told.facts, ms } : { told, ms }
  }
  return { ask, client, circuit: () => circuitFigures(log)[0] }
}

/** Another process in the same one, that answers as a test wants. */
async function startOther(answer: RequestListener) {
  const server = createServer(answer)
  const port = await listen(server, 0, '127.0.0.1')
  onTestFinished(() => server.closeAllConnections())
  onTestFinished(() => void server.close())
  return { port, url: `http://127.0.0.1:${port}` }
}

const PROCESS = `
  let asked = 0
  const server = require('node:http').createServer((request, response) => {
    if (request.url === '/graphql') asked += 1
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ data: { asked } }))
  })
  server.listen(0, '127.0.0.1', () => console.log(server.address().port))
`

/** A process that can be frozen, and says how often it was asked. */
async function startProcess() {
  const child = spawn(process.execPath, ['-e', PROCESS], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, url: `http://127.0.0.1:${String(port).trim()}` }
}

const alive: RequestListener = (_, response) => sendJson(response, 200, { data: { done: 1 } })
/** It takes what it is asked, and answers nothing but that it lives. */
const slow: RequestListener = (request, response) => {
  if (request.url === '/live') alive(request, response)
}

it('has a frozen process cost its time-out once, and asks it again as soon as it thaws', async () => {
  const { child, url } = await startProcess()
  const { ask, circuit } = clientOf(url)
  expect(await ask()).toMatchObject({ told: { asked: 1 } })

  child.kill('SIGSTOP')
  const first = await ask('mutation { done }')
  expect(first.ms).toBeGreaterThan(0.9 * TIMEOUT_MS)
  for (let times = 0; times < 3; times += 1) {
    const next = await ask()
    expect(next).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 1 })
    expect(next.ms).toBeLessThan(0.3 * TIMEOUT_MS)
  }
  expect(circuit()).toEqual({ name: 'booking', state: 'open', opened: 1, refused: 3 })

  await eventually(() => expect(circuit()?.state).toBe('half-open'))
  const through = ask('mutation { done }')
  const beside = await ask()
  expect(beside.ms).toBeLessThan(0.2 * TIMEOUT_MS)
  expect((await through).ms).toBeLessThan(0.8 * TIMEOUT_MS) // it is asked whether it lives before anything is asked of it
  expect(circuit()).toMatchObject({ state: 'open', opened: 2 })

  child.kill('SIGCONT')
  await eventually(async () => expect(await ask('mutation { done }')).toHaveProperty('told'))
  expect(circuit()?.state).toBe('closed')
  const { told } = await ask()
  // The first query and mutation, the mutation that closed it, and this: nobody who was refused had anything done.
  expect(told).toEqual({ asked: 4 })
})

it('stays closed for one that is slow, says 503, refuses, or is asked by people who go away', async () => {
  const late = clientOf((await startOther(slow)).url)
  const patient = Promise.all([late.ask(), late.ask()]).then(() => late.ask())
  const gone = Array.from({ length: 3 }, async () => {
    const leaving = new Waiting()
    const asking = workFor(leaving, () => late.ask())
    await sleep(100)
    leaving.end()
    return asking
  })
  const answers: RequestListener[] = [
    (_, response) => sendJson(response, 503, { errors: [{ message: 'too much' }] }),
    (_, response) =>
      sendJson(response, 200, { errors: [{ message: 'no', extensions: { code: 'BAD_USER_INPUT' } }] }),
  ]
  for (const answer of answers) {
    const { ask, circuit } = clientOf((await startOther(answer)).url)
    for (let times = 0; times < 20; times += 1) expect(await ask()).toHaveProperty('code')
    expect(circuit()).toMatchObject({ state: 'closed', opened: 0 })
  }
  await Promise.all(gone)
  expect((await patient).ms).toBeGreaterThan(0.9 * TIMEOUT_MS)
  expect(late.circuit()).toEqual({ name: 'booking', state: 'closed', opened: 0, refused: 0 })
})

it('stays closed for an address behind which one of two is frozen', async () => {
  const ports = [(await startOther(() => undefined)).port, (await startOther(alive)).port]
  let next = 0
  const balancer = createTcpServer((socket) => {
    const behind = connect(ports[next++ % 2] as number, '127.0.0.1')
    for (const [from, to] of [
      [socket, behind],
      [behind, socket],
    ] as const) {
      from.on('error', () => to.destroy()).on('close', () => to.destroy())
      from.pipe(to)
    }
    onTestFinished(() => void socket.destroy())
  })
  const port = await listen(balancer as never, 0, '127.0.0.1')
  onTestFinished(() => void balancer.close())
  const { ask, circuit } = clientOf(`http://127.0.0.1:${port}`)
  expect(await ask()).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 2 })
  const together = await Promise.all([ask(), ask()]) // one each
  expect(together.filter((result) => 'told' in result)).toHaveLength(1)
  expect(circuit()).toMatchObject({ opened: 0, refused: 0 })
})

/** What becomes of two calls, one after the other, of which the process answers neither; it lives, or does not. */
async function twoCalls(edits: readonly Edit[], lives: boolean) {
  const module = new URL('../src/breakers/peer-breaker.ts', import.meta.url)
  const { PeerBreaker } =
    edits.length === 0
      ? await import('../src/breakers/peer-breaker.ts')
      : await importMutant<typeof original>(module, edits)
  const { url } = await startOther(lives ? slow : () => undefined)
  using breaker = new PeerBreaker({
    name: 'other',
    origin: url,
    log: createLog('test', 'silent'),
    timeoutMs: 400,
  })
  const call = () =>
    breaker
      .run(() => sleep(400).then(() => Promise.reject(new Error('late'))))
      .catch((error: Error) => error.constructor.name)
  return [await call(), await call()]
}

it('needs each of its guards', async () => {
  const told = await Promise.all([
    twoCalls([], false),
    twoCalls([['return this.#circuit.open()', 'return']], false),
    twoCalls([], true),
    twoCalls([['      return true\n', '      return false\n']], true),
  ])
  expect(told).toEqual([
    ['Error', 'CircuitOpen'],
    ['Error', 'Error'], // without opening each call costs its time
    ['Error', 'Error'],
    ['Error', 'CircuitOpen'], // without probes what is slow is taken for frozen
  ])
})

it('leaves an outside service in peace that mostly fails, and counts no refusal', async () => {
  const log = createLog('test', 'silent')
  const isAnswer = (error: unknown) => (error as KarcisError).code === 'CONFLICT'
  using breaker = createBreaker({ name: 'Mail', log, isAnswer, timeoutMs: 50, resetMs: 200 })
  const run = (call: () => Promise<unknown>) =>
    breaker.run(call).then(
      () => 'answered',
      (error: KarcisError) => [error.constructor.name, error.facts?.retryAfterSeconds],
    )
  const refuse = async () => Promise.reject(new KarcisError('CONFLICT', 'no'))
  for (let times = 0; times < 10; times += 1) expect(await run(refuse)).toEqual(['KarcisError', undefined])
  const never = () => new Promise(() => undefined)
  expect(await run(never)).toEqual(['ServiceUnavailable', 5])
  const fail = async () => Promise.reject(new ServiceUnavailable('away', 7))
  for (let times = 0; times < 11; times += 1) await run(fail)
  expect(await run(async () => 'asked')).toEqual(['CircuitOpen', 1])
  await sleep(220)
  expect(await run(async () => 'asked')).toBe('answered')
  expect(circuitFigures(log)).toMatchObject([{ name: 'Mail', state: 'closed', opened: 1 }])
})
