import { signal } from '@preact/signals'

/** The definitions file of the user, as text; '' = those that come with the program. Kept with the settings. */
export const runsDefinitionsText = signal('')
