import { scriptUrl } from '../api/script-url.ts'
// oxlint-disable-next-line import/default -- Vite gives it, as the address of the built file
import workerUrl from './decode-worker.ts?worker&url'

/** Reads the code in a picture; null when there is none. */
export interface Decoder {
  read(picture: ImageData): Promise<string | null>
  close(): void
}

interface NativeDetector {
  detect(picture: ImageData): Promise<{ rawValue: string }[]>
}

interface NativeDetectors {
  new (options: { formats: string[] }): NativeDetector
  getSupportedFormats(): Promise<string[]>
}

/** The browser's own reader where it has one, which costs no download and less of the battery; else ours, in a worker. */
export async function createDecoder(): Promise<Decoder> {
  const Detectors = (globalThis as { BarcodeDetector?: NativeDetectors }).BarcodeDetector
  const formats = await Detectors?.getSupportedFormats().catch((): string[] => [])
  return Detectors && formats?.includes('qr_code')
    ? nativeDecoder(new Detectors({ formats: ['qr_code'] }))
    : workerDecoder()
}

const nativeDecoder = (detector: NativeDetector): Decoder => ({
  read: async (picture) => (await detector.detect(picture).catch(() => []))[0]?.rawValue ?? null,
  close: () => undefined,
})

function workerDecoder(): Decoder {
  const worker = new Worker(scriptUrl(workerUrl), { type: 'module' })
  return {
    read: (picture) =>
      new Promise((resolve, reject) => {
        const once = { once: true }
        worker.addEventListener('message', ({ data }: MessageEvent<string | null>) => resolve(data), once)
        worker.addEventListener('error', () => reject(new Error('the reader of codes did not start')), once)
        worker.postMessage(picture, [picture.data.buffer])
      }),
    close: () => worker.terminate(),
  }
}
