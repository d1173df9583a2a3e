import { Skeleton, Stack } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { problemOf } from '../api/client';
import { ProblemAlert } from './ProblemAlert';

interface Props<T> {
  query: UseQueryResult<T>;
  children: (data: T) => ReactNode;
}

/** What a query brought, its problem, or that it is still on its way. Old data stays while a newer answer fails. */
export function Answered<T>({ query, children }: Props<T>) {
  const retry = () => void query.refetch();
  return (
    <>
      {query.isError && (
        <Stack mb="md">
          <ProblemAlert problem={problemOf(query.error)} onRetry={retry} />
        </Stack>
      )}
      {query.isPending && (
        <Stack role="status" aria-label="Loading" gap="xs">
          <Skeleton h={20} w="40%" />
          <Skeleton h={84} />
        </Stack>
      )}
      {query.data !== undefined && children(query.data)}
    </>
  );
}
