import { Anchor, Group, Text } from '@mantine/core';
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
  const setAside = run.set_aside.length + run.set_aside_more;
  const parameters = Object.entries(run.parameters);
  return (
    <>
      <Group mb="lg" gap="xs md" role="status" aria-label="State of the run">
        <RunStateBadge state={run.state} setAside={setAside} />
        <span className="figures">
          started <When at={run.started_at} />
          {run.ended_at !== null && <>, took {spanText(run.started_at, run.ended_at)}</>}
        </span>
        <Anchor component={Link} to={`/flows/${run.flow}`}>
          Open the flow
        </Anchor>
      </Group>
      {run.problem !== null && <ProblemAlert problem={run.problem} />}
      {run.tasks.length > 0 && run.state === 'running' && <Tasks tasks={run.tasks} />}
      {run.notes.length > 0 && (
        <Section title="Notes">
          {run.notes.map((note, index) => (
            <Text key={index} size="sm">
              <Prose text={note} />
            </Text>
          ))}
        </Section>
      )}
      <Section title="Steps">
        <RunSteps steps={run.steps} />
      </Section>
      {setAside > 0 && (
        <Section title="Rows set aside">
          <SetAsideRows run={run} />
        </Section>
      )}
      <Section title="Spent and given">
        <Text className="figures">{callsText(run)}</Text>
        {run.companies.length > 0 && <Text>Company {run.companies.join(', ')}.</Text>}
        {parameters.map(([name, value]) => (
          <Text key={name}>
            {name} = <code>{value}</code>
          </Text>
        ))}
      </Section>
    </>
  );
}

export function callsText({ calls }: Pick<Run, 'calls'>): string {
  const sum = calls.metered + calls.unmetered;
  if (sum === 0) return 'No call was spent.';
  const kinds = Object.entries(calls.by_kind).map(([kind, count]) => `${count.toLocaleString()} ${kind}`);
  const word = sum === 1 ? 'call' : 'calls';
  return `${sum.toLocaleString()} ${word} (${kinds.join(', ')}), ${calls.metered.toLocaleString()} of them metered.`;
}
