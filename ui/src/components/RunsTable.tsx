import { Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';
import type { RunSummary } from '../api/client';
import { RunStateBadge } from './RunStateBadge';
import classes from './RunsTable.module.css';
import { spanText, When } from './When';

/** Runs, newest first; on a phone each becomes a small card. */
export function RunsTable({ runs, label }: { runs: readonly RunSummary[]; label: string }) {
  return (
    <table className={classes.runs} aria-label={label}>
      <thead>
        <tr>
          <th scope="col">Flow</th>
          <th scope="col">State</th>
          <th scope="col">Started</th>
          <th scope="col">Took</th>
          <th scope="col">Run</th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <tr key={run.id}>
            <td>
              <Anchor component={Link} to={`/flows/${run.flow}`} fw={600} c="inherit">
                {run.flow}
              </Anchor>
            </td>
            <td>
              <RunStateBadge state={run.state} setAside={run.set_aside} />{' '}
              {run.dry_run && (
                <Text span size="sm" c="dimmed">
                  dry run
                </Text>
              )}
            </td>
            <td>
              <When at={run.started_at} />
            </td>
            <td>
              {run.ended_at === null ? (
                <Text span c="dimmed">
                  –
                </Text>
              ) : (
                spanText(run.started_at, run.ended_at)
              )}
            </td>
            <td>
              <Anchor component={Link} to={`/runs/${run.id}`} ff="monospace" size="sm">
                {run.id}
              </Anchor>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
