// The frame's few pictures: 16 px strokes in the text's colour.

const paths = {
  open: 'M2 13V4a1 1 0 0 1 1-1h3l2 2h5a1 1 0 0 1 1 1v1M2 13l2.2-5.3a1 1 0 0 1 .9-.7H15l-2.2 5.4a1 1 0 0 1-.9.6z',
  picture: 'M2 3h12v10H2zM2 11l3.500-3.500 2.500 2.500 3-3 3 3M5.500 6.500h.01',
  filter: 'M2 3h12L9.5 8.5V13l-3-1.5v-3z',
  sun: 'M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6M8 1v2M8 13v2M1 8h2M13 8h2M3 3l1.4 1.4M11.6 11.6 13 13M13 3l-1.4 1.4M4.4 11.6 3 13',
  moon: 'M13.5 9.5A6 6 0 0 1 6.5 2.500 6 6 0 1 0 13.500 9.500z',
  half: 'M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12',
  close: 'M4 4l8 8M12 4l-8 8',
  right: 'M6 3l5 5-5 5',
  down: 'M3 6l5 5 5-5',
  up: 'M3 10l5-5 5 5',
  left: 'M10 3 5 8l5 5',
  search: 'M7 2.500a4.500 4.500 0 1 1 0 9 4.500 4.500 0 0 1 0-9M10.500 10.500 14 14',
  pin: 'M5.500 2h5M6.500 2v5L4 9.500h8L9.500 7V2M8 9.500V14',
  hide: 'M2 8s2.200-4 6-4 6 4 6 4-2.200 4-6 4-6-4-6-4M3 13 13 3',
  panelRight: 'M2 3h12v10H2zM10 3v10',
  panelBottom: 'M2 3h12v10H2zM2 9.500h12',
  help: 'M5.800 6.200a2.200 2.200 0 1 1 3.200 2c-.7.4-1 .8-1 1.600M8 12.200v.3',
  menu: 'M2 4h12M2 8h12M2 12h12',
  folder: 'M2 13V4a1 1 0 0 1 1-1h3l2 2h5a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1z',
  remote: 'M2 3h12v7H2zM5 13h6M8 10v3',
  record: 'M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2M8 6a2 2 0 1 0 0 4 2 2 0 1 0 0-4',
  rows: 'M2 4h12M2 8h12M2 12h12',
} as const

export type IconName = keyof typeof paths

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  )
}
