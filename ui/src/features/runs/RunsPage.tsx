import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { runsQuery } from '../../api/queries';
import { Answered } from '../../components/Answered';
import { EmptyState } from '../../components/EmptyState';
import { PageTitle } from '../../components/PageTitle';
import { RunsTable } from '../../components/RunsTable';

const SHOWN = 100;

/** Every run of every flow, newest first. */
export function RunsPage() {
  const runs = useQuery(runsQuery({ limit: SHOWN }));
  return (
    <>
      <PageTitle title="Runs" about="What ran, when, and how it ended." />
      <Answered query={runs}>
        {({ runs: all, more }) =>
          all.length === 0 ? (
            <EmptyState title="Nothing has run yet" commands={['ledgerflow flow run NAME']}>
              Run a flow from its page, or from the command line; its result then stands here.
            </EmptyState>
          ) : (
            <>
              <RunsTable runs={all} label="Runs" />
              {more && (
                <Text c="dimmed" size="sm" mt="sm">
                  The newest {SHOWN} are shown; <code>ledgerflow runs --all</code> lists every one.
                </Text>
              )}
            </>
          )
        }
      </Answered>
    </>
  );
}
