import type { IncomingMessage } from 'node:http'
import { performance as clock } from 'node:perf_hooks'
import { type CircuitFigures, circuitFigures } from './breakers/circuit.ts'
import type { Logger } from './log.ts'
import { isLoopbackAddress } from './outside/public-address.ts'
import { sameSecret } from './secret-tokens.ts'

/** One figure of a process, or one for each set of labels. */
export interface Metric {
  /** As Prometheus has it: of a counter it ends in `_total`. */
  name: string
  help: string
  type: 'gauge' | 'counter'
  values: readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[]
}

export const METRICS_PATH = '/metrics' as const

/** Of the text format of Prometheus. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Figures in the text format of Prometheus. */
export const metricsText = (metrics: readonly Metric[]): string =>
  metrics
    .map(({ name, help, type, values }) => {
      const lines = values.map(([labels, value]) => `${name}${labelsText(labels)} ${value}\n`)
      return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
    })
    .join('')

function labelsText(labels: Readonly<Record<string, string>>): string {
  const all = Object.entries(labels).map(([name, value]) => `${name}="${value.replace(/[\\"]/g, '\\$&')}"`)
  return all.length === 0 ? '' : `{${all.join(',')}}`
}

/** A figure without labels. */
export const figure = (name: string, type: Metric['type'], help: string, value: number): Metric => ({
  name,
  help,
  type,
  values: [[{}, value]],
})

/** What every process tells of itself. @param log its own, by which its circuit breakers are known. */
export function processMetrics(log: Logger): Metric[] {
  const { rss, heapUsed } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  const { active } = clock.eventLoopUtilization()
  return [
    figure('process_resident_memory_bytes', 'gauge', 'Memory of the process.', rss),
    figure('nodejs_heap_size_used_bytes', 'gauge', 'Of that, in use on the heap of JavaScript.', heapUsed),
    figure('process_cpu_seconds_total', 'counter', 'Time on a processor.', (user + system) / 1e6),
    figure('process_start_time_seconds', 'gauge', 'When it started.', clock.timeOrigin / 1_000),
    figure(
      'karcis_event_loop_busy_seconds_total',
      'counter',
      'Time in which the one thread was at work; as many a second as there are seconds when it has too much.',
      active / 1_000,
    ),
    ...circuitMetrics(circuitFigures(log)),
  ]
}

const STATES = ['closed', 'half-open', 'open'] as const

function circuitMetrics(circuits: readonly CircuitFigures[]): Metric[] {
  const counter = (name: string, help: string, of: (circuit: CircuitFigures) => number): Metric => ({
    name,
    help,
    type: 'counter',
    values: circuits.map((circuit) => [{ circuit: circuit.name }, of(circuit)]),
  })
  return [
    {
      name: 'karcis_circuit_state',
      help: 'Of each circuit breaker 1 for the state that it is in.',
      type: 'gauge',
      values: circuits.flatMap(({ name, state }) =>
        STATES.map((each) => [{ circuit: name, state: each }, each === state ? 1 : 0] as const),
      ),
    },
    counter('karcis_circuit_opened_total', 'How often it has opened.', ({ opened }) => opened),
    counter('karcis_circuit_refused_total', 'Calls that it has refused.', ({ refused }) => refused),
  ]
}

/**
 * Whether whoever asks may have the figures: by the token that is set; without one from this machine only, and not through a proxy on it.
 * @param token `METRICS_TOKEN`.
 */
export function mayReadMetrics({ headers, socket }: IncomingMessage, token: string | undefined): boolean {
  if (token !== undefined) return sameSecret(headers.authorization ?? '', `Bearer ${token}`)
  const isForwarded = headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined
  return !isForwarded && isLoopbackAddress((socket.remoteAddress ?? '').replace(/^::ffff:/i, ''))
}
