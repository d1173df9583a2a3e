import { expect, test } from 'vitest';
import { fakeServer } from '../testing/fakeServer';
import { answerOf, client, connectionToReconnect, problemOf } from './client';

const problem = { error: 'ReconnectNeeded', what: '', where: '', next: '', faults: [] };

test('the connection to reconnect is read from the next step, and only where a person has to sign in', () => {
  const next = 'Run `ledgerflow connect my-books --company 12`.';
  expect(connectionToReconnect({ ...problem, next })).toBe('my-books');
  expect(connectionToReconnect({ ...problem, next, error: 'InputRefused' })).toBeUndefined();
  expect(connectionToReconnect({ ...problem, next: 'Run `ledgerflow connection set books`.' })).toBeUndefined();
});

test('an error answer that is no problem of ours is told as one that cannot be read', async () => {
  fakeServer({});
  globalThis.fetch = () => Promise.resolve(new Response('<h1>Bad gateway</h1>', { status: 502 }));
  const told = await answerOf(client.GET('/api/project')).catch((error: unknown) => problemOf(error));
  expect(told).toMatchObject({ error: 'Bug', what: expect.stringContaining('HTTP 502') as string });
});
