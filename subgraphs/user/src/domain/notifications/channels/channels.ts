import type { UserSettings } from '../../../env.ts'
import type { Channel } from './channel.ts'

/** The ways to people that these settings open. */
export const createChannels = (_settings: UserSettings): Channel[] => []
