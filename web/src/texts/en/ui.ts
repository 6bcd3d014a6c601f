import { list, number, plural } from '../format.ts'
import type { ui as indonesian } from '../id/ui.ts'
import type { Same } from '../same.ts'

export const ui: Same<typeof indonesian> = {
  close: 'Close',
  less: (what) => `Fewer: ${what}`,
  more: (what) => `More: ${what}`,
  free: 'Free',
  from: 'from',
  before: 'Before',
  online: 'Online',
  showMore: 'Show more',
  shown: (shown, total) => `${shown} of ${total}`,
  stars: (stars) => `${number(stars)} of 5 stars`,
  reviews: (count) => plural(count, { one: '# review', other: '# reviews' }),
  duration: (seconds) =>
    list(
      [
        seconds >= 3_600 && plural(Math.floor(seconds / 3_600), { one: '# hour', other: '# hours' }),
        seconds >= 60 && plural(Math.floor(seconds / 60) % 60, { one: '# minute', other: '# minutes' }),
        seconds < 3_600 && plural(seconds % 60, { one: '# second', other: '# seconds' }),
      ].filter((part) => part !== false),
    ),
}
