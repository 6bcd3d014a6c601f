/** How messages follow each other on a stream. */
export interface Framing {
  /** Bytes that a message of so many takes. */
  size(length: number): number
  /** Writes what goes before a message; gives the offset after it. */
  begin(bytes: Buffer, offset: number, length: number): number
}

/** FIN and the opcode of text. */
const TEXT = 0x81

const SHORT = 125
const MEDIUM = 0xff_ff

/** A WebSocket's text frames from a server, which are not masked (RFC 6455, 5.2). */
export const WEB_SOCKET: Framing = {
  size: (length) => length + (length <= SHORT ? 2 : length <= MEDIUM ? 4 : 10),

  begin(bytes, offset, length) {
    bytes[offset] = TEXT
    if (length <= SHORT) {
      bytes[offset + 1] = length
      return offset + 2
    }
    if (length <= MEDIUM) {
      bytes[offset + 1] = 126
      return bytes.writeUInt16BE(length, offset + 2)
    }
    bytes[offset + 1] = 127
    bytes.writeUInt32BE(Math.floor(length / 2 ** 32), offset + 2)
    return bytes.writeUInt32BE(length % 2 ** 32, offset + 6)
  },
}

/** Each message brings its own end. */
export const UNFRAMED: Framing = { size: (length) => length, begin: (_, offset) => offset }
