import { Alert, Text } from '@mantine/core';
import { CircleCheck, CircleX } from 'lucide-react';
import type { Check } from '../../api/client';
import { FaultList } from '../../components/FaultList';
import { Prose } from '../../components/Prose';

/** What a check found: every fault with file, line and key, or that the flow can run. */
export function CheckResult({ check, file }: { check: Check; file: string }) {
  const told = check.notes.map((note) => (
    <Text key={note} size="sm">
      <Prose text={note} />
    </Text>
  ));
  const notes = told.length > 0 ? told : undefined;
  if (check.sound) {
    return (
      <Alert color="ledger" icon={<CircleCheck size={20} aria-hidden />} title="No faults: it can run" role="status">
        {notes}
      </Alert>
    );
  }
  const count = check.faults.length === 1 ? '1 fault' : `${check.faults.length} faults`;
  return (
    <Alert color="red" icon={<CircleX size={20} aria-hidden />} title={count} role="alert">
      <FaultList faults={check.faults} />
      <Text size="sm">
        Next: edit <code>{file}</code>, then check again.
      </Text>
      {notes}
    </Alert>
  );
}
