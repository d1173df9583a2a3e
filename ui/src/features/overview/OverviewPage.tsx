import { Anchor, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { connectionsQuery, projectQuery, runsQuery } from '../../api/queries';
import { Answered } from '../../components/Answered';
import { EmptyState } from '../../components/EmptyState';
import { PageTitle } from '../../components/PageTitle';
import { RunsTable } from '../../components/RunsTable';
import { Section } from '../../components/Section';
import { ConnectedNotice } from './ConnectedNotice';
import { ConnectionCard } from './ConnectionCard';

const LATEST = 5;

/** The project: what it is connected to, until when, and what ran last. */
export function OverviewPage() {
  const [search, setSearch] = useSearchParams();
  const [connected] = useState(search.get('connected'));
  useEffect(() => {
    if (search.has('connected')) setSearch({}, { replace: true }); // a reload or a bookmark does not say it again
  }, [search, setSearch]);
  const project = useQuery(projectQuery);
  const connections = useQuery(connectionsQuery);
  const runs = useQuery(runsQuery({ limit: LATEST }));
  return (
    <>
      <PageTitle
        title={project.data?.project ?? 'Project'}
        about={
          project.data && (
            <>
              {project.data.description !== '' && <Text c="inherit">{project.data.description}</Text>}
              <Text component="code" ff="monospace" size="sm" c="inherit">
                {project.data.folder}
              </Text>
            </>
          )
        }
      />
      <ConnectedNotice name={connected} connections={connections.data?.connections ?? []} />
      <Section title="Connections">
        <Answered query={connections}>
          {({ connections: all }) =>
            all.length === 0 ? (
              <EmptyState
                title="Not connected to anything yet"
                commands={['ledgerflow api add quickbooks', 'ledgerflow connect quickbooks']}
              >
                The first command adds QuickBooks with its connection, the second signs in and picks the company. Then
                come back here.
              </EmptyState>
            ) : (
              <Stack gap="md">
                {all.map((connection) => (
                  <ConnectionCard key={connection.name} connection={connection} />
                ))}
              </Stack>
            )
          }
        </Answered>
      </Section>
      <Section
        title="Latest runs"
        aside={
          <Anchor component={Link} to="/runs" size="sm">
            All runs
          </Anchor>
        }
      >
        <Answered query={runs}>
          {({ runs: latest }) =>
            latest.length === 0 ? (
              <Text c="dimmed">
                Nothing has run yet. Start with a{' '}
                <Anchor component={Link} to="/flows">
                  flow
                </Anchor>
                .
              </Text>
            ) : (
              <RunsTable runs={latest} label="Latest runs" />
            )
          }
        </Answered>
      </Section>
    </>
  );
}
