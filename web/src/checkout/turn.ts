/** Whether people have allowed to be told while they look elsewhere. */
export const mayAnnounce = (): boolean =>
  'Notification' in globalThis && Notification.permission === 'granted'

/** Two notes, made here: no file to wait for when it counts. Silent where the browser allows no sound. */
function chime(): void {
  try {
    const audio = new AudioContext()
    for (const [at, hertz] of [
      [0, 660],
      [0.18, 880],
    ] as const) {
      const tone = audio.createOscillator()
      const volume = audio.createGain()
      tone.frequency.value = hertz
      volume.gain.setValueAtTime(0.2, audio.currentTime + at)
      volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + at + 0.5)
      tone.connect(volume).connect(audio.destination)
      tone.start(audio.currentTime + at)
      tone.stop(audio.currentTime + at + 0.5)
    }
    setTimeout(() => void audio.close(), 1_000)
  } catch {
    // A browser without sound: the title and the page say it.
  }
}

/** Says that somebody's turn has come: by sound, in the title while they look elsewhere, and by a notification where that is allowed. */
export function announceTurn(title: string, body: string): void {
  chime()
  if (!document.hidden) return
  const before = document.title
  document.title = title
  const notification = mayAnnounce() ? showNotification(title, body) : null
  document.addEventListener(
    'visibilitychange',
    () => {
      if (document.title === title) document.title = before
      notification?.close()
    },
    { once: true },
  )
}

function showNotification(title: string, body: string): Notification | null {
  try {
    const shown = new Notification(title, { body, tag: 'waiting-room' })
    shown.addEventListener('click', () => window.focus())
    return shown
  } catch {
    return null // phones show notifications by their worker alone
  }
}
