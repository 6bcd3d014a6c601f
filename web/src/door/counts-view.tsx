import { number } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import type { Door } from './door.ts'

/** How many have come in, by ticket type and by gate. */
export function CountsView({ door }: { door: Door }) {
  const t = useTexts('door')
  const counts = door.counts.value
  if (!counts) return null
  return (
    <div class="door-counts">
      <table class="door-counts__table">
        <caption>{t.scan.byType}</caption>
        <tbody>
          {counts.ticketTypes.map(({ ticketType, total, checkedIn }) => (
            <tr key={ticketType?.name}>
              <th scope="row">{ticketType?.name}</th>
              <td class="figures">{t.scan.of(number(checkedIn), number(total))}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {counts.gates.length > 0 && (
        <table class="door-counts__table">
          <caption>{t.scan.byGate}</caption>
          <tbody>
            {counts.gates.map(({ gate, entries }) => (
              <tr key={gate}>
                <th scope="row">{gate ?? t.scan.noGate}</th>
                <td class="figures">{number(entries)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p class="door-counts__note">{t.scan.insideNow(number(counts.inside))}</p>
      {counts.flagged > 0 && <p class="door-counts__note">{t.scan.flagged(number(counts.flagged))}</p>}
    </div>
  )
}
