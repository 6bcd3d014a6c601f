import { pino } from 'pino'

export type { Logger } from 'pino'

/** JSON lines on stdout; what could identify or sign in a person is cut out. */
export function createLog(name: string, level: string) {
  return pino({
    name,
    level,
    base: { name, pid: process.pid },
    redact: {
      paths: [
        'password',
        '*.password',
        'token',
        '*.token',
        'authorization',
        '*.authorization',
        'email',
        '*.email',
      ],
      censor: '[redacted]',
    },
  })
}
