import { Button, Grid, Group, Modal, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Play, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { problemOf, type Flow } from '../../api/client';
import { checkFlow, flowQuery, previewStep, runFlow } from '../../api/queries';
import { PageTitle } from '../../components/PageTitle';
import { ProblemAlert } from '../../components/ProblemAlert';
import { Section } from '../../components/Section';
import { CheckResult } from './CheckResult';
import { emptyForm, givenBy, missing, writesBeyondFiles, type FilledIn } from './given';
import classes from './FlowWorkbench.module.css';
import { GivenForm } from './GivenForm';
import { PreviewPanel } from './PreviewPanel';
import { ResourceNames } from './ResourceNames';
import { StepList } from './StepList';

/** Check, preview and run a flow. The step that is looked at stands in the address. */
export function FlowWorkbench({ flow }: { flow: Flow }) {
  const navigate = useNavigate();
  const cache = useQueryClient();
  const [search, setSearch] = useSearchParams();
  const [form, setForm] = useState<FilledIn>(() => emptyForm(flow));
  const [fresh, setFresh] = useState(false);
  const [asks, setAsks] = useState(false);
  const selected = search.get('step');

  const check = useMutation({
    mutationFn: () => checkFlow(flow.name, givenBy(form)),
    onSuccess: () => cache.invalidateQueries(flowQuery(flow.name)), // the file may have changed since the page was opened
  });
  const preview = useMutation({ mutationFn: (step: string) => previewStep(flow.name, step, givenBy(form)) });
  const run = useMutation({
    mutationFn: (how: { dry: boolean }) => runFlow(flow.name, givenBy(form), { fresh, dry_run: how.dry }),
    onSuccess: async (started) => {
      await cache.invalidateQueries({ queryKey: ['runs'] });
      await navigate(`/runs/${started.run}`);
    },
    onError: () => setAsks(false),
  });

  const lacking = missing(flow, form);
  const outside = writesBeyondFiles(flow);
  const look = (step: string) => {
    setSearch({ step }, { replace: true });
    preview.mutate(step);
  };
  const shown = preview.variables ?? null;

  return (
    <>
      <PageTitle
        title={flow.name}
        about={
          <>
            {flow.description !== '' && <Text c="inherit">{flow.description}</Text>}
            <Text component="code" ff="monospace" size="sm" c="inherit">
              {flow.file}
            </Text>
          </>
        }
        actions={
          <>
            <Button
              variant="default"
              leftSection={<ShieldCheck size={16} aria-hidden />}
              loading={check.isPending}
              onClick={() => check.mutate()}
            >
              Check
            </Button>
            <Button
              leftSection={<Play size={16} aria-hidden />}
              loading={run.isPending}
              disabled={lacking.length > 0}
              onClick={() => (outside.length > 0 ? setAsks(true) : run.mutate({ dry: false }))}
            >
              Run
            </Button>
          </>
        }
      />
      <Stack gap="md" mb="lg" className={classes.said ?? ''}>
        {lacking.length > 0 && (
          <Text size="sm" c="dimmed">
            To run it, fill in {lacking.join(', ')}.
          </Text>
        )}
        {run.isError && <ProblemAlert problem={problemOf(run.error)} onRetry={() => run.mutate(run.variables)} />}
        {check.isError && <ProblemAlert problem={problemOf(check.error)} onRetry={() => check.mutate()} />}
        {check.isSuccess && <CheckResult check={check.data} file={flow.file} />}
        {check.data === undefined && flow.faults.length > 0 && (
          <CheckResult check={{ sound: false, faults: flow.faults, notes: flow.notes, steps: [] }} file={flow.file} />
        )}
      </Stack>
      <Grid gap="xl">
        <Grid.Col span={{ base: 12, md: 5 }}>
          <GivenForm flow={flow} form={form} onChange={setForm} fresh={fresh} onFresh={setFresh} />
          <Section title="Steps">
            <StepList
              steps={flow.steps}
              faults={check.data?.faults ?? flow.faults}
              selected={selected}
              onPreview={look}
            />
          </Section>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 7 }} className={classes.result ?? ''}>
          {shown !== null && !preview.isIdle ? (
            <PreviewPanel
              step={shown}
              preview={preview.isPending ? undefined : preview.data}
              error={preview.error}
              onRetry={() => look(shown)}
            />
          ) : (
            <Text c="dimmed" mt="xs">
              Preview a step to see its first rows here. A preview spends at most one call per resource that it reads.
            </Text>
          )}
        </Grid.Col>
      </Grid>
      <Modal opened={asks} onClose={() => setAsks(false)} title={<strong>Run {flow.name}?</strong>} centered>
        <Text mb="lg">
          It writes into <ResourceNames names={outside} />. A dry run shows what it would create and change, and sends
          nothing.
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={() => setAsks(false)}>
            Not now
          </Button>
          <Button variant="default" disabled={run.isPending} onClick={() => run.mutate({ dry: true })}>
            Dry run
          </Button>
          <Button loading={run.isPending} onClick={() => run.mutate({ dry: false })} data-autofocus>
            Run and write
          </Button>
        </Group>
      </Modal>
    </>
  );
}
