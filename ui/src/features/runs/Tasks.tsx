import { Group, Progress, Stack, Text } from '@mantine/core';
import type { Run } from '../../api/client';

/** What is under way; a bar without an end moves while nobody knows how much there is. */
export function Tasks({ tasks }: { tasks: Run['tasks'] }) {
  return (
    <Stack gap="sm" mb="xl" component="section" aria-label="Under way">
      {tasks.map((task) => {
        const percent = task.total === null || task.total === 0 ? null : Math.min(100, (100 * task.done) / task.total);
        return (
          <div key={task.name}>
            <Group justify="space-between">
              <Text size="sm" fw={600}>
                {task.name}
              </Text>
              <Text size="sm" c="dimmed" className="figures">
                {task.done.toLocaleString()}
                {task.total !== null && ` of ${task.total.toLocaleString()}`} {task.unit}
              </Text>
            </Group>
            <Progress.Root size="md">
              <Progress.Section
                value={percent ?? 100}
                animated={percent === null}
                striped={percent === null}
                aria-label={task.name}
              />
            </Progress.Root>
          </div>
        );
      })}
    </Stack>
  );
}
