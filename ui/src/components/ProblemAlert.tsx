import { Alert, Button, Text } from '@mantine/core';
import { CircleAlert } from 'lucide-react';
import { connectAddress, connectionToReconnect, type Problem } from '../api/client';
import { FaultList } from './FaultList';
import classes from './ProblemAlert.module.css';
import { Prose } from './Prose';

interface Props {
  problem: Problem;
  onRetry?: (() => void) | undefined;
}

/** A problem in its three parts, with what to do next as a button where the page can do it. */
export function ProblemAlert({ problem, onRetry }: Props) {
  const connection = connectionToReconnect(problem);
  const hasMoreFaults = problem.faults.length > 1;
  return (
    <Alert
      color="red"
      variant="light"
      icon={<CircleAlert size={20} aria-hidden />}
      title={problem.what}
      className={classes.problem ?? ''}
      role="alert"
    >
      {hasMoreFaults && <FaultList faults={problem.faults} />}
      <dl className={classes.parts}>
        <dt>Where</dt>
        <dd>{problem.where}</dd>
        <dt>Next</dt>
        <dd>
          <Prose text={problem.next} />
        </dd>
      </dl>
      {connection !== undefined && (
        <Button component="a" href={connectAddress(connection)} mt="sm" size="xs">
          Reconnect {connection}
        </Button>
      )}
      {connection === undefined && onRetry !== undefined && (
        <Button variant="default" size="xs" mt="sm" onClick={onRetry}>
          Try again
        </Button>
      )}
      {problem.error === 'Bug' && (
        <Text size="xs" c="dimmed" mt="xs">
          This is not your doing.
        </Text>
      )}
    </Alert>
  );
}
