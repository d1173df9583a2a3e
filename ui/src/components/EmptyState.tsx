import { Paper, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Command } from './Command';

interface Props {
  title: string;
  children: ReactNode;
  commands: readonly string[];
}

/** What stands where there is nothing yet: why, and the commands that change it. */
export function EmptyState({ title, children, commands }: Props) {
  return (
    <Paper withBorder p="xl" style={{ borderStyle: 'dashed' }}>
      <Stack gap="xs" maw="40rem">
        <Title order={3} size="h5">
          {title}
        </Title>
        <Text c="dimmed">{children}</Text>
        {commands.map((command) => (
          <Command key={command} text={command} />
        ))}
      </Stack>
    </Paper>
  );
}
