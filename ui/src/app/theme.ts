// The look: ledger green on paper, the system's own typeface, figures of equal width.
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const ledger: MantineColorsTuple = [
  '#edf8f2',
  '#d8efe4',
  '#b0dfca',
  '#84ceae',
  '#5fbf95',
  '#45b083',
  '#2c946a',
  '#1b7854',
  '#125f45',
  '#0b4633',
];

const dark: MantineColorsTuple = [
  '#dbe1de',
  '#b9c3be',
  '#98a59f',
  '#6f7c76',
  '#424d48',
  '#323b37',
  '#272f2c',
  '#1b211f',
  '#131816',
  '#0c100e',
];

export const theme = createTheme({
  colors: { ledger, dark },
  primaryColor: 'ledger',
  primaryShade: 7,
  defaultRadius: 'md',
  cursorType: 'pointer',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  headings: { fontWeight: '650' },
});

/** Texts that keep a contrast of 4.5 to 1 on their grounds. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    // the set's own are too pale to read on their light grounds
    '--mantine-color-yellow-light-color': '#7a4a00',
    '--mantine-color-orange-light-color': '#8f3b00',
    '--mantine-color-dimmed': '#5a655f',
    '--page': '#f5f7f4',
    '--rule': '#dfe5e0',
  },
  dark: {
    // and too loud on the dark page
    '--mantine-color-red-light': '#381a1b',
    '--mantine-color-red-light-color': '#ffb3ad',
    '--mantine-color-yellow-light': '#392a08',
    '--mantine-color-yellow-light-color': '#ffd977',
    '--mantine-color-orange-light': '#3a2110',
    '--mantine-color-orange-light-color': '#ffc199',
    '--mantine-color-ledger-light': '#0d2c21',
    '--mantine-color-ledger-light-color': '#9fe0c2',
    '--mantine-color-dimmed': '#9daaa4',
    '--page': '#131816',
    '--rule': '#323b37',
  },
});
