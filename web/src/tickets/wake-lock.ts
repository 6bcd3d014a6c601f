import { useEffect } from 'preact/hooks'

/** Keeps the screen on while this is shown; where the browser cannot, nothing is missing but that. */
export function useWakeLock(wanted: boolean): void {
  useEffect(() => {
    if (!wanted || !('wakeLock' in navigator)) return
    let lock: WakeLockSentinel | null = null
    let over = false
    const take = async () => {
      if (document.visibilityState !== 'visible') return // the browser lets it go with the page
      const taken = await navigator.wakeLock.request('screen').catch(() => null)
      if (over) await taken?.release()
      else lock = taken
    }
    const look = () => void take()
    look()
    document.addEventListener('visibilitychange', look)
    return () => {
      over = true
      document.removeEventListener('visibilitychange', look)
      void lock?.release()
    }
  }, [wanted])
}
