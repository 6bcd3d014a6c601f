import { useEffect } from 'preact/hooks'

/**
 * Asks again and again while that is of use: each time a while after the answer before, so that a slow network is not asked faster than it answers;
 * and at once when the connection is back.
 */
export function useAskAgain(active: boolean, afterMs: number, ask: () => Promise<void>): void {
  useEffect(() => {
    if (!active) return
    let ended = false
    let timer: ReturnType<typeof setTimeout>
    const again = async () => {
      clearTimeout(timer)
      await ask()
      if (!ended) timer = setTimeout(now, afterMs)
    }
    const now = () => void again()
    timer = setTimeout(now, afterMs)
    window.addEventListener('online', now)
    return () => {
      ended = true
      clearTimeout(timer)
      window.removeEventListener('online', now)
    }
  }, [active])
}
