import { useSignal } from '@preact/signals'
import { useLocation } from 'preact-iso'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { notify } from '../ui/toast.ts'
import { ANYTHING, type Search, searchUrl } from './search-url.ts'

const RADIUS_KM = 25

/** Asks the device where it is, only when it is pressed, and searches around there. */
export default function NearButton({ search = ANYTHING, size = 'm' }: { search?: Search; size?: 's' | 'm' }) {
  const t = useTexts('discover')
  const { route } = useLocation()
  const busy = useSignal(false)
  const find = () => {
    busy.value = true
    navigator.geolocation.getCurrentPosition(
      ({ coords: { latitude, longitude } }) => {
        busy.value = false
        route(
          searchUrl({
            ...search,
            city: null,
            near: { latitude, longitude, radiusKm: RADIUS_KM },
            order: 'DISTANCE',
          }),
        )
      },
      ({ code }) => {
        busy.value = false
        notify(code === 1 ? t.near.refused : t.near.unknown, { tone: 'warning' })
      },
      { maximumAge: 600_000, timeout: 10_000 },
    )
  }
  return (
    <Button icon="near" size={size} busy={busy.value} onClick={find}>
      {t.near.button}
    </Button>
  )
}
