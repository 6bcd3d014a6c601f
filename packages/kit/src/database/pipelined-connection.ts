import { Socket } from 'node:net'
import pg from 'pg'
import { BoundedClient } from './bounded-client.ts'
import { cancelStatement } from './cancel-statement.ts'
import { type Waiting, whoWaits } from '../waiting.ts'
import { createStatementNames, STALE_PLAN_ATTEMPTS } from './prepared-statements.ts'

/** A connection whose oldest statement is under way for longer takes no more. */
const HELD_UP_MS = 20
/** Between attempts to connect. */
const RETRY_MS = 500

/** One connection that sends statements without waiting for the answers to those before. */
export interface PipelinedConnection {
  /** How many statements wait for their answers. */
  readonly underWay: number
  /** Whether it takes statements now. */
  isOpen(): boolean
  ask(text: string, values: unknown[]): Promise<unknown[]>
  /** Waits for what is under way. */
  close(): Promise<void>
}

/** Connects at once, and again whenever the connection is lost: what was under way then fails. */
export function openPipelinedConnection(config: pg.ClientConfig): PipelinedConnection {
  const names = createStatementNames()
  const underWay: Asked[] = [] // oldest first: answers come in order
  let connected: Connected | null = null
  let closing = false
  let retry: NodeJS.Timeout | undefined

  function connect(): void {
    const socket = new Socket()
    const client = new BoundedClient({ ...config, pipeline: true, stream: () => socket })
    let lost = false
    const lose = (): void => {
      if (connected?.client === client) connected = null
      if (closing || lost) return
      lost = true // it may be told of more than once, and late
      retry = setTimeout(connect, RETRY_MS).unref()
    }
    client.on('error', lose)
    client.on('end', lose)
    client.connect().then(() => {
      if (closing) void client.end()
      else connected = { client, socket, corked: false }
    }, lose)
  }

  async function ask(text: string, values: unknown[]): Promise<unknown[]> {
    if (!connected) throw new Error('a connection that is not open was asked')
    const { client } = connected
    const waiting = whoWaits()
    waiting?.check()
    corkForThisTurn(connected)
    const asked: Asked = { at: performance.now(), client, waiting }
    underWay.push(asked)
    const forget = waiting?.onEnd(cancelOldest)
    try {
      const { rows } = await client.query({ name: names.nameOf(text), text, values, types: TYPES })
      return rows
    } finally {
      forget?.()
      underWay.shift()
      cancelOldest()
    }
  }

  /** Postgres runs the oldest one, and can be told to stop only what it runs. */
  function cancelOldest(): void {
    const [oldest] = underWay
    if (!oldest?.waiting?.isOver || oldest.isCancelled) return
    oldest.isCancelled = true
    void cancelStatement(oldest.client, config)
  }

  connect()
  return {
    get underWay() {
      return underWay.length
    },
    isOpen: () => connected !== null && (!underWay[0] || performance.now() - underWay[0].at < HELD_UP_MS),
    async ask(text, values) {
      for (let attempt = 1; ; attempt++) {
        const { epoch } = names
        try {
          return await ask(text, values)
        } catch (error) {
          if (!isStalePlan(error)) throw error
          names.drop(epoch)
          if (attempt === STALE_PLAN_ATTEMPTS) throw error
        }
      }
    },
    async close() {
      closing = true
      clearTimeout(retry)
      await connected?.client.end()
    },
  }
}

/** A statement that waits for its answer. */
interface Asked {
  at: number
  client: pg.Client
  waiting: Waiting | undefined
  isCancelled?: boolean
}

interface Connected {
  client: pg.Client
  socket: Socket
  corked: boolean
}

/** Keeps what is written until this turn of the event loop is over, for it to go in one system call. */
function corkForThisTurn(connected: Connected): void {
  if (connected.corked) return
  connected.corked = true
  connected.socket.cork()
  setImmediate(() => {
    connected.corked = false
    connected.socket.uncork()
  })
}

/** See `PreparingPg`. Nothing was done at this point. */
const isStalePlan = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.code === '0A000' && error.message.startsWith('cached plan')

const { builtins } = pg.types

/** Values as Prisma gives them. The time zone of the connection is UTC. */
const PARSERS = new Map<number, (text: string) => unknown>([
  [builtins.INT8, BigInt],
  [builtins.TIMESTAMPTZ, (text) => new Date(`${text.slice(0, 10)}T${text.slice(11)}:00`)],
])

const TYPES: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => PARSERS.get(oid) ?? pg.types.getTypeParser(oid, format),
}
