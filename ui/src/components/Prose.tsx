import { Code } from '@mantine/core';

/** A sentence of the server; what it sets in backquotes is shown as code. */
export function Prose({ text }: { text: string }) {
  return <>{text.split('`').map((part, index) => (index % 2 === 1 ? <Code key={index}>{part}</Code> : part))}</>;
}
