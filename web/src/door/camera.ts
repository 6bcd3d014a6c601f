import type { Decoder } from './decode.ts'

/** Between two looks at the picture, in milliseconds: eight a second find a code as fast as a hand brings it, and leave the phone cool. */
const LOOK_MS = 120

/** Of the shorter side of what is seen, so much is looked at; the frame on the screen shows it. */
const REGION = 0.72

/** A side of the picture that is looked at: a code that fills half of it has 7 points a module. */
const LARGEST = 640

/** After so long without a code the camera rests. */
const REST_MS = 180_000

export type CameraProblem = 'denied' | 'none' | 'busy'

/** A camera that is on. */
export interface Camera {
  stream: MediaStream
  /** Which one it is. */
  id: string | undefined
  /** All there are, in the order of the browser. */
  all: readonly MediaDeviceInfo[]
  /** Switches the light; undefined where there is none. */
  torch: ((isOn: boolean) => Promise<void>) | undefined
  close(): void
}

/** Turns a camera on. @param id which; null: the one on the back. @throws CameraError. */
export async function openCamera(id: string | null): Promise<Camera> {
  const stream = await getStream(id)
  const [track] = stream.getVideoTracks()
  const all = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === 'videoinput')
  // TypeScript's own types know of no light.
  const { torch } = (track?.getCapabilities?.() ?? {}) as { torch?: boolean }
  return {
    stream,
    id: track?.getSettings().deviceId,
    all,
    torch: torch
      ? (isOn) =>
          track?.applyConstraints({ advanced: [{ torch: isOn } as MediaTrackConstraintSet] }) ??
          Promise.resolve()
      : undefined,
    close: () => {
      for (const each of stream.getTracks()) each.stop()
    },
  }
}

/** Why there is no picture. */
export class CameraError extends Error {
  readonly problem: CameraProblem

  constructor(problem: CameraProblem) {
    super(`no camera: ${problem}`)
    this.problem = problem
  }
}

async function getStream(id: string | null): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new CameraError('none') // a page that is not served over TLS
  const size = { width: { ideal: 1280 }, height: { ideal: 720 } }
  const which = id === null ? { facingMode: { ideal: 'environment' } } : { deviceId: { exact: id } }
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { ...which, ...size }, audio: false })
  } catch (error) {
    const name = error instanceof DOMException ? error.name : ''
    if (id !== null && (name === 'OverconstrainedError' || name === 'NotFoundError')) return getStream(null)
    throw new CameraError(
      name === 'NotAllowedError' ? 'denied' : name === 'NotReadableError' ? 'busy' : 'none',
    )
  }
}

/**
 * Looks for codes in what a video shows, in the middle of what is seen of it. It looks at nothing while the page is hidden.
 * @param found is given each code, as often as it is seen. @param rest is called when nothing was found for long; then it has ended.
 * @returns what ends it.
 */
export function lookForCodes(
  video: HTMLVideoElement,
  decoder: Decoder,
  found: (code: string) => void,
  rest: () => void,
): () => void {
  const canvas = document.createElement('canvas')
  const context = canvas.getContext('2d', { willReadFrequently: true })
  let timer: ReturnType<typeof setTimeout> | undefined
  let isOver = false
  let lastAt = Date.now()

  async function look(): Promise<void> {
    const picture = document.hidden ? null : pictureOf(video, canvas, context)
    const code = picture && (await decoder.read(picture))
    if (isOver) return
    if (code) {
      lastAt = Date.now()
      found(code)
    } else if (Date.now() - lastAt > REST_MS) {
      stop()
      rest()
      return
    }
    timer = setTimeout(lookOn, LOOK_MS)
  }

  function stop(): void {
    isOver = true
    clearTimeout(timer)
  }

  /** A reader that does not start, as without a network before it was ever loaded, ends it too. */
  function lookOn(): void {
    look().catch(() => {
      stop()
      rest()
    })
  }

  lookOn()
  return stop
}

/** The middle of what is seen of a video that covers its place, as large as it needs to be. */
function pictureOf(
  video: HTMLVideoElement,
  canvas: HTMLCanvasElement,
  context: CanvasRenderingContext2D | null,
): ImageData | null {
  const { videoWidth, videoHeight, clientWidth, clientHeight } = video
  if (!context || videoWidth === 0 || clientWidth === 0) return null
  const scale = Math.max(clientWidth / videoWidth, clientHeight / videoHeight)
  const side = (Math.min(clientWidth, clientHeight) / scale) * REGION
  const size = Math.round(Math.min(side, LARGEST))
  canvas.width = size
  canvas.height = size
  context.drawImage(video, (videoWidth - side) / 2, (videoHeight - side) / 2, side, side, 0, 0, size, size)
  return context.getImageData(0, 0, size, size)
}
