import { screen, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { project, run } from '../../testing/examples';
import { fakeServer } from '../../testing/fakeServer';
import { renderPage } from '../../testing/renderPage';

const address = `/runs/${run.id}`;

test('a run under way shows its progress and then, by itself, its result', async () => {
  let looks = 0;
  fakeServer({
    'GET /api/project': project,
    [`GET /api${address}`]: () => {
      looks += 1;
      if (looks > 1) return run;
      const tasks = [{ name: 'quickbooks.Invoice', unit: 'pages', done: 3, total: 4 }];
      return { ...run, state: 'running', ended_at: null, steps: [], tasks };
    },
  });
  renderPage(address);
  const bar = await screen.findByRole('progressbar', { name: 'quickbooks.Invoice' });
  expect(bar.getAttribute('aria-valuenow')).toBe('75');
  expect(screen.getByText('3 of 4 pages')).toBeDefined();
  expect(await screen.findByText('Done', {}, { timeout: 3000 })).toBeDefined();
  expect(screen.queryByRole('progressbar')).toBeNull();
});

test('rows that were set aside are counted in the state, listed with reasons, and lie in a file', async () => {
  const [csv] = run.steps;
  fakeServer({
    'GET /api/project': project,
    [`GET /api${address}`]: {
      ...run,
      steps: [{ ...csv, name: 'load', created: 195, set_aside: 5 }],
      set_aside: [
        {
          step: 'load',
          file: 'runs/x/load.set_aside.csv',
          total: 5,
          columns: ['Number', 'Amount'],
          rows: [{ row: '17', reason: 'There is no customer named Nobody.', cells: ['1017', '12.50'] }],
        },
      ],
    },
  });
  renderPage(address);
  expect(await screen.findByText('Done, 5 rows set aside')).toBeDefined();
  const rows = within(screen.getByRole('region', { name: /^Rows that load set aside/ }));
  expect(rows.getByRole('row', { name: '17 There is no customer named Nobody. 1017 12.50' })).toBeDefined();
  expect(screen.getByText('ledgerflow flow run overdue --mended runs/x/load.set_aside.csv')).toBeDefined();
  expect(screen.getByText(/The first 1 of 5/)).toBeDefined();
  expect(screen.getByText(/195 created, 5 set aside/)).toBeDefined();
});

test('calls are told by kind, and how many of them are metered', async () => {
  fakeServer({ 'GET /api/project': project, [`GET /api${address}`]: run });
  renderPage(address);
  expect(await screen.findByText('3 calls (3 query), all metered.')).toBeDefined();
});
