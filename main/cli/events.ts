export const eventsHelp = ''
export async function eventsCommand(): Promise<number> {
  return 0
}
