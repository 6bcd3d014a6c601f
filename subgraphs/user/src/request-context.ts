export type { Context } from './domain/deps.ts'
