/** A dump of sixteen bytes a line (offset, hex, ASCII) as one of eight, which fits the inspector. */
export const narrowDump = (dump: string): string =>
  dump
    .split('\n')
    .filter((line) => line !== '')
    .flatMap(halves)
    .join('\n')

function halves(line: string): string[] {
  const at = Number.parseInt(line.slice(0, 4), 16)
  const bytes = line.slice(6, 53).trimEnd().split(' ')
  const ascii = line.slice(55)
  return [0, 8].flatMap((from) => {
    const part = bytes.slice(from, from + 8)
    if (part.length === 0) return []
    const offset = (at + from).toString(16).padStart(4, '0')
    return [`${offset}  ${part.join(' ').padEnd(23)}  ${ascii.slice(from, from + 8)}`]
  })
}
