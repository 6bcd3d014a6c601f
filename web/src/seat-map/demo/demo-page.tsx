import { useSignal } from '@preact/signals'
import { useLocation } from 'preact-iso'
import { useEffect, useMemo } from 'preact/hooks'
import { useTexts } from '../../texts/index.ts'
import { useTitle } from '../../texts/title.ts'
import { notify } from '../../ui/toast.ts'
import { RadioGroup } from '../../ui/radio-group.tsx'
import { Switch } from '../../ui/switch.tsx'
import { planOf } from '../engine/geometry.ts'
import { shortNames } from '../seat-names.ts'
import { Picker } from '../seat-picker.tsx'
import { DemoHall } from './demo-hall.ts'
import { HALLS, type HallName, makeHall } from './halls.ts'

const CROWD = 1_000

const isHall = (name: string | undefined): name is HallName => HALLS.some((hall) => hall === name)

/** The seat map over halls of three sizes: to look at, and for `bench/seat-map.ts` to measure. `?hall=stadium&live`. */
export function SeatMapDemo() {
  const t = useTexts('seat-map')
  useTitle(t.demo.title)
  const { query, route } = useLocation()
  const name = isHall(query.hall) ? query.hall : 'cinema'
  const live = query.live !== undefined
  const party = useSignal(2)
  const demo = useMemo(() => new DemoHall(name), [name])
  useEffect(() => (live ? demo.crowd(CROWD) : undefined), [demo, live])
  const show = (hall: HallName, on: boolean) => route(`/ui/seat-map?hall=${hall}${on ? '&live' : ''}`, true)
  return (
    <div class="page stack">
      <h1>{t.demo.title}</h1>
      <p>{t.demo.lead}</p>
      <RadioGroup
        label={t.demo.hall}
        hideLabel
        look="chips"
        name="hall"
        value={name}
        options={HALLS.map((hall) => ({ value: hall, label: t.demo.halls[hall] }))}
        onChange={(hall) => show(hall, live)}
      />
      <Switch
        label={t.demo.live}
        checked={live}
        onChange={({ currentTarget }) => show(name, currentTarget.checked)}
      />
      <Picker
        key={name}
        source={demo.source}
        desk={() => demo.desk}
        partySize={party}
        onHold={(seats) => notify(t.demo.held(shortNames(t, planOf(makeHall(name).geometry), seats)))}
      />
    </div>
  )
}
