import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { type Camera, CameraError, type CameraProblem, lookForCodes, openCamera } from './camera.ts'
import { createDecoder } from './decode.ts'
import { prefer, preferences } from './preferences.ts'

const PROBLEMS = { denied: 'cameraDenied', none: 'cameraNone', busy: 'cameraBusy' } as const

/** The camera's picture with the frame that codes are read in, the light, and the choice among cameras. */
export function CameraView({ found }: { found(code: string): void }) {
  const t = useTexts('door')
  const video = useRef<HTMLVideoElement>(null)
  const camera = useSignal<Camera | null>(null)
  const state = useSignal<'on' | 'resting' | 'hidden' | CameraProblem>('on')
  const isLit = useSignal(false)
  const { cameraId } = preferences.value

  useEffect(() => {
    const turn = (): void => {
      if (document.hidden && state.value === 'on') state.value = 'hidden'
      else if (!document.hidden && state.value === 'hidden') state.value = 'on'
    }
    document.addEventListener('visibilitychange', turn)
    return () => document.removeEventListener('visibilitychange', turn)
  }, [])

  const isOn = state.value === 'on'
  useEffect(() => {
    if (!isOn) return
    let isOver = false
    const ends: (() => void)[] = []
    const end = (): void => {
      isOver = true
      for (const each of ends.splice(0)) each()
      camera.value = null
      isLit.value = false
    }
    async function begin(): Promise<void> {
      const opened = await openCamera(cameraId)
      ends.push(opened.close)
      const decoder = await createDecoder()
      ends.push(decoder.close)
      const element = video.current
      if (isOver || !element) return end()
      element.srcObject = opened.stream
      await element.play()
      camera.value = opened
      ends.push(lookForCodes(element, decoder, found, () => (state.value = 'resting')))
      if (isOver) end()
    }
    begin().catch((error: unknown) => {
      if (isOver) return
      state.value = error instanceof CameraError ? error.problem : 'none'
    })
    return end
  }, [isOn, cameraId])

  const { torch, all = [], id } = camera.value ?? {}
  const next = all[(all.findIndex(({ deviceId }) => deviceId === id) + 1) % all.length]
  const problem =
    state.value === 'denied' || state.value === 'none' || state.value === 'busy' ? state.value : null
  return (
    <div class="door-camera">
      <video ref={video} class="door-camera__video" muted playsInline aria-label={t.scan.viewfinder} />
      {isOn && camera.value && (
        <>
          <div class="door-camera__frame" aria-hidden="true" />
          <p class="door-camera__aim">{t.scan.aim}</p>
        </>
      )}
      {(state.value === 'resting' || problem) && (
        <div class="door-camera__off">
          <Icon name="camera" />
          <p>{problem ? t.scan[PROBLEMS[problem]] : t.scan.resting}</p>
          <Button onClick={() => (state.value = 'on')}>{problem ? t.scan.cameraOn : t.scan.wake}</Button>
        </div>
      )}
      <div class="door-camera__tools">
        {torch && (
          <button
            type="button"
            class="door-tool"
            aria-pressed={isLit.value}
            onClick={() => {
              isLit.value = !isLit.value
              void torch(isLit.value).catch(() => (isLit.value = false))
            }}
          >
            <Icon name="torch" />
            {t.scan.torch}
          </button>
        )}
        {all.length > 1 && next && (
          <button type="button" class="door-tool" onClick={() => prefer({ cameraId: next.deviceId })}>
            <Icon name="refresh" />
            {t.scan.cameraName(all.indexOf(next) + 1)}
          </button>
        )}
      </div>
    </div>
  )
}
