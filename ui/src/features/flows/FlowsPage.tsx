import { Anchor, Badge, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { FlowSummary } from '../../api/client';
import { flowsQuery } from '../../api/queries';
import { Answered } from '../../components/Answered';
import { EmptyState } from '../../components/EmptyState';
import { PageTitle } from '../../components/PageTitle';
import { RunStateBadge } from '../../components/RunStateBadge';
import { When } from '../../components/When';
import classes from './FlowsPage.module.css';
import { ResourceNames } from './ResourceNames';

/** Every flow: what it is for, what it reads and writes, how its last run went. */
export function FlowsPage() {
  const flows = useQuery(flowsQuery);
  return (
    <>
      <PageTitle title="Flows" about="Each is one file that reads, transforms and writes." />
      <Answered query={flows}>
        {({ flows: all }) =>
          all.length === 0 ? (
            <EmptyState title="No flow yet" commands={['ledgerflow flow check --help']}>
              A flow is a file in <code>flows/</code> of the project. Make <code>flows/first.yaml</code> with the steps
              it takes; this page then shows, checks and runs it.
            </EmptyState>
          ) : (
            <Stack component="ul" gap="sm" className={classes.list ?? ''} aria-label="Flows">
              {all.map((flow) => (
                <FlowLine key={flow.name} flow={flow} />
              ))}
            </Stack>
          )
        }
      </Answered>
    </>
  );
}

function FlowLine({ flow }: { flow: FlowSummary }) {
  return (
    <Paper component="li" withBorder p="md">
      <Group justify="space-between" align="flex-start" gap="sm">
        <div className={classes.about}>
          <Title order={2} size="h5">
            <Anchor component={Link} to={`/flows/${flow.name}`} inherit>
              {flow.name}
            </Anchor>
          </Title>
          {flow.description !== '' && <Text>{flow.description}</Text>}
          <Text component="div" size="sm" c="dimmed" mt={4}>
            {flow.steps === 1 ? '1 step' : `${flow.steps} steps`}
            {flow.reads.length > 0 && (
              <>
                , reads <ResourceNames names={flow.reads} />
              </>
            )}
            {flow.writes.length > 0 && (
              <>
                , writes <ResourceNames names={flow.writes} />
              </>
            )}
          </Text>
        </div>
        <Stack gap={4} align="flex-end">
          {flow.faults > 0 && (
            <Badge color="red" variant="light" size="lg" tt="none" fw={600}>
              {flow.faults === 1 ? '1 fault' : `${flow.faults} faults`} in its file
            </Badge>
          )}
          {flow.last_run !== null && (
            <Group gap="xs">
              <Text size="sm" c="dimmed">
                <When at={flow.last_run.started_at} />
              </Text>
              <Anchor component={Link} to={`/runs/${flow.last_run.id}`}>
                <RunStateBadge state={flow.last_run.state} setAside={flow.last_run.set_aside} />
              </Anchor>
            </Group>
          )}
        </Stack>
      </Group>
    </Paper>
  );
}
