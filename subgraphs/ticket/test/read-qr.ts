import jsQR from 'jsqr'
import { PNG } from 'pngjs'

/** A picture that is a `data:` URL, pixel by pixel. */
export const readPng = (dataUrl: string): PNG =>
  PNG.sync.read(Buffer.from(dataUrl.replace('data:image/png;base64,', ''), 'base64'))

/** What a scanner at the door reads off the picture. */
export function readQr(dataUrl: string): string | undefined {
  const { data, width, height } = readPng(dataUrl)
  return jsQR.default(new Uint8ClampedArray(data), width, height)?.data
}
