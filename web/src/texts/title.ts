import { useEffect } from 'preact/hooks'

/** Names the page, in its tab and to screen readers, while the component is shown. @param title undefined while it is not known yet. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    if (title !== undefined) document.title = `${title} · Karcis`
  }, [title])
}
