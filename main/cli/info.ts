export const infoHelp = ''
export async function infoCommand(): Promise<number> {
  return 0
}
