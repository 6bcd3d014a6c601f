import { decimalsOf } from '@karcis/kit/contracts/currencies'

/** An amount as people read it, exact to the unit: `Rp 150.000`, `US$12.50`. @param locale BCP 47. */
export function moneyText(amount: number, currency: string, locale: string): string {
  const decimals = decimalsOf(currency)
  const format = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  })
  const digits = String(Math.abs(amount)).padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const text = `${amount < 0 ? '-' : ''}${whole}${decimals === 0 ? '' : `.${digits.slice(-decimals)}`}`
  return format.format(text as Intl.StringNumericLiteral)
}
