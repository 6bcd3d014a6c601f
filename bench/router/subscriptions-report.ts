import type { Running } from './contenders.ts'
import { figure, median, spread, table } from './figures.ts'

export interface Figures {
  rates: number[]
  cpu: number[]
}

/** What has been measured of one contender. */
export interface Lane {
  running: Running
  bursts: Figures
  singles: Figures
  /** Single events of which each subgraph has a part. */
  reviewed: Figures
  /** Bytes per watcher that waits. */
  memory: number
  /** Deliveries that should have been and were not. */
  lost: number
}

export const BURST = 20

export function report(lanes: Lane[], waiting: number): string {
  const part = (title: string, of: (lane: Lane) => Figures): string => {
    const rateOf = (key: string): number =>
      median(lanes.filter(({ running }) => running.contender.key === key).flatMap((lane) => of(lane).rates))
    const measured = lanes.filter((lane) => of(lane).rates.length > 0)
    const rows = measured.map((lane) => {
      const { rates, cpu } = of(lane)
      const ratios = ['bare', 'hive', 'grafbase'].map((key) => figure(median(rates) / rateOf(key)))
      return [lane.running.contender.name, spread(rates), spread(cpu), ...ratios]
    })
    return table([title, 'deliveries/s', 'CPU µs/delivery', '× bare', '× Hive', '× Grafbase'], rows)
  }
  const bare = lanes.find(({ running }) => running.contender.key === 'bare')?.memory ?? Number.NaN
  return [
    part(`Bursts of ${BURST} events`, ({ bursts }) => bursts),
    part('The next event when all have the last', ({ singles }) => singles),
    part('An event answered by three subgraphs', ({ reviewed }) => reviewed),
    table(
      [`Memory of a watcher that waits, of ${figure(waiting)}`, 'KB', '× bare'],
      lanes.map(({ running, memory }) => [
        running.contender.name,
        figure(memory / 1024),
        figure(memory / bare),
      ]),
    ),
  ].join('\n\n')
}
