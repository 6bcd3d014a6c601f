import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Sheet } from '../ui/sheet.tsx'
import type { Door } from './door.ts'
import { FindSheet } from './find-sheet.tsx'
import { MenuSheet } from './menu-sheet.tsx'
import { RecentList } from './recent.tsx'

export type SheetName = 'find' | 'recent' | 'menu'

interface SheetsProps {
  shown: SheetName | null
  door: Door
  close(): void
  scan(code: string): void
  leave(): Promise<void>
}

/** What lies over the scanner when it is asked for. */
export default function Sheets({ shown, door, close, scan, leave }: SheetsProps) {
  return (
    <>
      <FindSheet open={shown === 'find'} door={door} close={close} scan={scan} />
      <RecentSheet open={shown === 'recent'} door={door} close={close} />
      <MenuSheet open={shown === 'menu'} door={door} close={close} leave={leave} />
    </>
  )
}

function RecentSheet({ open, door, close }: { open: boolean; door: Door; close(): void }) {
  const t = useTexts('door')
  const waiting = door.waiting.value
  return (
    <Sheet open={open} title={t.recent.heading} onClose={close}>
      {waiting > 0 && (
        <p class="door-waiting">
          <span>{t.link.waiting(waiting)}</span>
          <Button size="s" icon="refresh" onClick={() => void door.refresh()}>
            {t.link.sendNow}
          </Button>
        </p>
      )}
      <RecentList door={door} limit={200} />
    </Sheet>
  )
}
