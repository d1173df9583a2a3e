import { Anchor, Badge, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import type { Run } from '../../api/client';
import { runQuery } from '../../api/queries';
import { Answered } from '../../components/Answered';
import { PageTitle } from '../../components/PageTitle';
import { ProblemAlert } from '../../components/ProblemAlert';
import { Prose } from '../../components/Prose';
import { RunStateBadge } from '../../components/RunStateBadge';
import { Section } from '../../components/Section';
import { spanText, When } from '../../components/When';
import { RunLog } from './RunLog';
import { RunSteps } from './RunSteps';
import { SetAsideRows } from './SetAsideRows';
import { Tasks } from './Tasks';

/** One run: how it goes, and what came of it. */
export function RunPage() {
  const { id = '' } = useParams();
  const run = useQuery(runQuery(id));
  return (
    <>
      <PageTitle title={run.data === undefined ? 'Run' : `Run of ${run.data.flow}`} about={<code>{id}</code>} />
      <Answered query={run}>{(data) => <RunAccount run={data} />}</Answered>
    </>
  );
}

function RunAccount({ run }: { run: Run }) {
  const setAside = run.steps.reduce((sum, step) => sum + step.set_aside, 0);
  const parameters = Object.entries(run.parameters);
  return (
    <>
      <Group mb="lg" gap="md" role="status" aria-label="State of the run">
        <RunStateBadge state={run.state} setAside={setAside} />
        {run.dry_run && (
          <Badge variant="default" size="lg" tt="none" fw={500}>
            Dry run: nothing was written
          </Badge>
        )}
        <span className="figures">
          started <When at={run.started_at} />
          {run.ended_at !== null && <>, took {spanText(run.started_at, run.ended_at)}</>}
          {run.tries > 1 && <>, carried on {run.tries === 2 ? 'once' : `${run.tries - 1} times`}</>}
        </span>
        <Anchor component={Link} to={`/flows/${run.flow}`}>
          Open the flow
        </Anchor>
      </Group>
      {run.problem !== null && (
        <div className="below">
          <ProblemAlert problem={run.problem} />
        </div>
      )}
      {run.state === 'stopped' && run.problem === null && (
        <Text mb="lg">It was cut off. Run the flow again with the same values, and it goes on where it stopped.</Text>
      )}
      {run.state === 'running' && <Tasks tasks={run.tasks} />}
      <Section title="Steps">
        {run.steps.length === 0 ? <Text c="dimmed">No step has begun.</Text> : <RunSteps steps={run.steps} />}
      </Section>
      {run.set_aside.map((aside) => (
        <Section key={aside.step} title={run.set_aside.length > 1 ? `Set aside by ${aside.step}` : 'Rows set aside'}>
          <SetAsideRows flow={run.flow} aside={aside} />
        </Section>
      ))}
      {run.notes.length > 0 && (
        <Section title="Notes">
          {run.notes.map((note) => (
            <Text key={note} size="sm">
              <Prose text={note} />
            </Text>
          ))}
        </Section>
      )}
      <Section title="Spent and given">
        <Text className="figures">{callsText(run)}</Text>
        {run.company !== '' && <Text>For company {run.company}.</Text>}
        {parameters.length > 0 && (
          <Text>
            With{' '}
            {parameters.map(([name, value], index) => (
              <span key={name}>
                {index > 0 && ', '}
                {name} = <code>{value}</code>
              </span>
            ))}
            .
          </Text>
        )}
      </Section>
      {run.log.length > 0 && <RunLog lines={run.log} />}
    </>
  );
}

export function callsText({ calls }: Pick<Run, 'calls'>): string {
  const sum = calls.metered + calls.unmetered;
  if (sum === 0) return 'No call was spent.';
  const kinds = Object.entries(calls.by_kind).map(([kind, count]) => `${count.toLocaleString()} ${kind}`);
  const metered = calls.metered === sum ? 'all' : calls.metered === 0 ? 'none' : calls.metered.toLocaleString();
  return `${sum.toLocaleString()} ${sum === 1 ? 'call' : 'calls'} (${kinds.join(', ')}), ${metered} metered.`;
}
