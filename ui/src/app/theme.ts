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
  primaryShade: { light: 7, dark: 6 },
  defaultRadius: 'md',
  cursorType: 'pointer',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  headings: { fontWeight: '650' },
});

/** Secondary text that keeps a contrast of 4.5 to 1 on the page and on its cards. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: { '--mantine-color-dimmed': '#5a655f', '--page': '#f5f7f4', '--rule': '#dfe5e0' },
  dark: { '--mantine-color-dimmed': '#9daaa4', '--page': '#131816', '--rule': '#323b37' },
});
