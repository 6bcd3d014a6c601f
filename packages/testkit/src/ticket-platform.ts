import { type Balancer, startBalancer } from './balancer.ts'
import { type TestProcess, startProcess } from './process.ts'

/** Two processes of the ticket subgraph behind one address, and a router before them: what it takes to sell places. */
export interface TicketPlatform extends AsyncDisposable {
  /** Of the router that runs now. */
  readonly url: string
  /** Process ids of the router and of both ticket processes. */
  readonly pids: { readonly router: number; readonly tickets: readonly number[] }
  /** Of a ticket process, past the router and the balancer. */
  readonly ticketUrl: string
  /** Kills the oldest ticket process as `kill -9` does, and starts another. */
  killTicket(): Promise<void>
  /** Kills the router, with all of its sockets, and starts another, at another port. */
  killRouter(): Promise<void>
}

/**
 * @param neighbours base URL of who stands for the other three subgraphs.
 * @param env settings of all processes beside their addresses. @param execArgv options of Node, for each of them.
 * @param balance what divides the calls of the router among ticket processes.
 */
export async function startTicketPlatform(
  neighbours: string,
  env: Record<string, string>,
  execArgv: string[] = [],
  balance: (
    ...urls: string[]
  ) => Promise<Pick<Balancer, 'url' | 'targets' | typeof Symbol.asyncDispose>> = startBalancer,
): Promise<TicketPlatform> {
  await using undo = new AsyncDisposableStack()
  const others = { USER_URL: neighbours, EVENT_URL: neighbours, BOOKING_URL: neighbours }
  const started: TestProcess[] = []
  undo.defer(async () => {
    for (const process of started) await process[Symbol.asyncDispose]()
  })
  const start = async (script: string, more: Record<string, string>): Promise<TestProcess> => {
    const process = await startProcess(script, { LOG_LEVEL: 'fatal', ...others, ...env, ...more }, execArgv)
    started.push(process)
    return process
  }
  const startTicket = () => start('subgraphs/ticket/src/main.ts', {})
  const startRouter = (ticketUrl: string) => start('router/src/main.ts', { TICKET_URL: ticketUrl })

  const tickets = [await startTicket(), await startTicket()]
  const balancer = undo.use(await balance(...tickets.map(({ url }) => url)))
  let router = await startRouter(balancer.url)
  await Promise.all([router, ...tickets].map((process) => process.ready()))
  const running = undo.move()
  return {
    get url() {
      return router.url
    },
    get pids() {
      return { router: router.pid, tickets: tickets.map(({ pid }) => pid) }
    },
    get ticketUrl() {
      return tickets[0]?.url ?? ''
    },
    async killTicket() {
      const oldest = tickets.shift()
      oldest?.signal('SIGKILL')
      await oldest?.ended
      const next = await startTicket()
      tickets.push(next)
      if (oldest) balancer.targets.delete(oldest.url)
      balancer.targets.add(next.url)
      await next.ready()
    },
    async killRouter() {
      router.signal('SIGKILL')
      await router.ended
      const next = await startRouter(balancer.url)
      await next.ready()
      router = next
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
