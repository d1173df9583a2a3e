import { Alert, Badge, Box, Button, Group, Paper, Text, Title } from '@mantine/core';
import { TriangleAlert } from 'lucide-react';
import { useId } from 'react';
import { connectAddress, type Company, type Connection } from '../../api/client';
import { ProblemAlert } from '../../components/ProblemAlert';
import { Prose } from '../../components/Prose';
import { Until } from '../../components/When';
import classes from './ConnectionCard.module.css';

const SECURITY: Record<string, string> = {
  oauth2: 'OAuth 2',
  api_key: 'API key',
  basic: 'user name and password',
  bearer: 'fixed token',
  none: 'no sign-in',
};

/** One connection: where it leads, which companies it may speak for, and until when. */
export function ConnectionCard({ connection }: { connection: Connection }) {
  const id = useId();
  const { name, companies, connect_path: connectPath } = connection;
  const isFirst = companies.length === 0;
  const isUrgent = isFirst || companies.some((company) => company.standing !== 'connected');
  return (
    <Paper component="article" withBorder p="lg" aria-labelledby={id}>
      <Group justify="space-between" align="flex-start">
        <div className={classes.title}>
          <Group gap="xs">
            <Title order={3} size="h5" id={id}>
              {name}
            </Title>
            {connection.problem === null && (
              <Badge variant="default" tt="none" fw={500}>
                {connection.provider ?? `custom api ${connection.api}`}
              </Badge>
            )}
          </Group>
          {connection.problem === null && (
            <Text size="sm" c="dimmed" mt={2}>
              <code>{connection.base_url}</code> · {SECURITY[connection.security] ?? connection.security} ·{' '}
              <code>{connection.file}</code>
            </Text>
          )}
        </div>
        {connectPath !== null && (
          <Button
            component="a"
            href={connectAddress(name)}
            variant={isUrgent ? 'filled' : 'default'}
            aria-label={`${isFirst ? 'Authorize' : 'Reconnect'} ${name}`}
          >
            {isFirst ? 'Authorize' : 'Reconnect'}
          </Button>
        )}
      </Group>
      {connection.problem !== null && (
        <Box mt="sm">
          <ProblemAlert problem={connection.problem} />
        </Box>
      )}
      {connection.warnings.map((warning) => (
        <Alert key={warning} color="yellow" icon={<TriangleAlert size={18} aria-hidden />} mt="md" p="sm">
          <Prose text={warning} />
        </Alert>
      ))}
      {connectPath !== null && isFirst && (
        <Text mt="md">No company yet. Authorize it: you sign in there, pick the company, and come back here.</Text>
      )}
      {companies.length > 0 && (
        <ul className={classes.companies} aria-label={`Companies of ${name}`}>
          {companies.map((company) => (
            <CompanyLine key={company.id} company={company} />
          ))}
        </ul>
      )}
    </Paper>
  );
}

const LOOKS = { connected: 'ledger', 'ends soon': 'yellow', reconnect: 'red' } as const;
const WORDS = { connected: 'Connected', 'ends soon': 'Ends soon', reconnect: 'Reconnect needed' } as const;

function CompanyLine({ company }: { company: Company }) {
  return (
    <li className={classes.company}>
      <div className={classes.name}>
        <Text fw={600}>{company.name === '' ? company.id : company.name}</Text>
        {company.name !== '' && (
          <Text size="sm" c="dimmed" className="figures">
            {company.id}
          </Text>
        )}
      </div>
      <div className={classes.standing}>
        <Badge color={LOOKS[company.standing]} variant="light" tt="none" fw={600}>
          {WORDS[company.standing]}
        </Badge>
        {company.until !== null && company.standing !== 'reconnect' && (
          <Text size="sm" c="dimmed" className="figures">
            authorized until <Until at={company.until} />
          </Text>
        )}
        {company.explanation !== '' && (
          <Text size="sm" c="dimmed">
            <Prose text={company.explanation} />
          </Text>
        )}
      </div>
    </li>
  );
}
