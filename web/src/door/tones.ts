import { preferences } from './preferences.ts'

/** What is heard: come in, stop, or wait and read. */
export type Tone = 'go' | 'stop' | 'wait'

/** Frequency in Hz, beginning and length in seconds. Told apart without a musical ear: rising, low and rough, level. */
const NOTES: Record<Tone, { wave: OscillatorType; notes: readonly [number, number, number][] }> = {
  go: {
    wave: 'sine',
    notes: [
      [784, 0, 0.09],
      [1175, 0.09, 0.16],
    ],
  },
  stop: {
    wave: 'square',
    notes: [
      [165, 0, 0.2],
      [131, 0.24, 0.32],
    ],
  },
  wait: {
    wave: 'triangle',
    notes: [
      [523, 0, 0.1],
      [523, 0.16, 0.1],
      [523, 0.32, 0.1],
    ],
  },
}

/** In milliseconds, by turns on and off. */
const BUZZES: Record<Tone, number[]> = { go: [60], stop: [220, 80, 220], wait: [80, 60, 80, 60, 80] }

let audio: AudioContext | null = null

/** Browsers let nothing sound before somebody has touched the page: to be called with a touch or a key. */
export function wakeSound(): void {
  audio ??= new AudioContext()
  if (audio.state === 'suspended') void audio.resume()
}

/** Sounds and vibrates, unless it was silenced. */
export function play(tone: Tone): void {
  if (preferences.value.isQuiet) return
  navigator.vibrate?.(BUZZES[tone])
  if (audio?.state !== 'running') return
  const { wave, notes } = NOTES[tone]
  for (const [frequency, from, length] of notes)
    sound(audio, wave, frequency, audio.currentTime + from, length)
}

function sound(
  context: AudioContext,
  wave: OscillatorType,
  frequency: number,
  from: number,
  length: number,
): void {
  const [oscillator, gain] = [context.createOscillator(), context.createGain()]
  oscillator.type = wave
  oscillator.frequency.value = frequency
  // Rises and falls within some milliseconds: what begins or ends at once clicks.
  gain.gain.setValueAtTime(0, from)
  gain.gain.linearRampToValueAtTime(wave === 'square' ? 0.18 : 0.35, from + 0.01)
  gain.gain.setValueAtTime(wave === 'square' ? 0.18 : 0.35, from + length - 0.03)
  gain.gain.linearRampToValueAtTime(0, from + length)
  oscillator.connect(gain).connect(context.destination)
  oscillator.start(from)
  oscillator.stop(from + length)
}
