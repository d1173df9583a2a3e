// What the page asks the server, and for how long an answer is good.
import { queryOptions } from '@tanstack/react-query';
import { answerOf, client, type Run } from './client';

const WHILE_RUNNING_MS = 600;

export const projectQuery = queryOptions({
  queryKey: ['project'],
  queryFn: () => answerOf(client.GET('/api/project')),
  staleTime: Infinity,
});

export const connectionsQuery = queryOptions({
  queryKey: ['connections'],
  queryFn: () => answerOf(client.GET('/api/connections')),
});

export const flowsQuery = queryOptions({
  queryKey: ['flows'],
  queryFn: () => answerOf(client.GET('/api/flows')),
});

export const flowQuery = (name: string) =>
  queryOptions({
    queryKey: ['flows', name],
    queryFn: () => answerOf(client.GET('/api/flows/{name}', { params: { path: { name } } })),
  });

export const runsQuery = (wanted: { flow?: string; limit?: number } = {}) =>
  queryOptions({
    queryKey: ['runs', 'list', wanted],
    queryFn: () => answerOf(client.GET('/api/runs', { params: { query: wanted } })),
  });

export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ['runs', 'one', id],
    queryFn: () => answerOf(client.GET('/api/runs/{id}', { params: { path: { id } } })),
    refetchInterval: (query) => (isUnderWay(query.state.data) ? WHILE_RUNNING_MS : false),
  });

/** What a check, preview or run is given: parameters as text, and the company where there are several. */
export interface Given {
  parameters: Record<string, string>;
  company: string | null;
}

export const checkFlow = (name: string, given: Given) =>
  answerOf(client.POST('/api/flows/{name}/check', { params: { path: { name } }, body: given }));

export const previewStep = (name: string, step: string, given: Given) =>
  answerOf(
    client.POST('/api/flows/{name}/preview', { params: { path: { name } }, body: { ...given, step, rows: 50 } }),
  );

export const runFlow = (name: string, given: Given, how: { fresh: boolean; dry_run: boolean }) =>
  answerOf(client.POST('/api/flows/{name}/run', { params: { path: { name } }, body: { ...given, ...how } }));

function isUnderWay(run: Run | undefined): boolean {
  return run?.state === 'running';
}
