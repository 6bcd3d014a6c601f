import { v7 } from 'uuid'

/** A new entity id: UUIDv7 (RFC 9562), so ids made later sort later and index pages stay warm. */
export const newId = (): string => v7()
