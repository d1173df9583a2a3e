import { Text } from '@mantine/core';
import type { Fault } from '../api/client';
import classes from './FaultList.module.css';
import { Prose } from './Prose';

/** Every fault of a file with its place, as one finds it in an editor. */
export function FaultList({ faults }: { faults: readonly Fault[] }) {
  return (
    <ol className={classes.faults} aria-label="Faults">
      {faults.map((fault, index) => (
        <li key={index}>
          <div>
            <Prose text={fault.message} /> {fault.nearest !== null && <strong>Did you mean {fault.nearest}?</strong>}
          </div>
          <Text component="code" ff="monospace" size="xs" c="dimmed">
            {placeOf(fault)}
          </Text>
        </li>
      ))}
    </ol>
  );
}

export function placeOf(fault: Fault): string {
  const line = fault.line === null ? '' : `:${fault.line}`;
  return fault.key === '' ? `${fault.file}${line}` : `${fault.file}${line}  ${fault.key}`;
}
