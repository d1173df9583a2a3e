import { screen, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { flow, project, run } from '../../testing/examples';
import { fakeServer, Refusal, type Answers } from '../../testing/fakeServer';
import { renderPage } from '../../testing/renderPage';

function flowPage(changes: Answers = {}) {
  return fakeServer({ 'GET /api/project': project, 'GET /api/flows/overdue': flow, ...changes });
}

test('steps stand in order with what they read, take and write', async () => {
  flowPage();
  renderPage('/flows/overdue');
  const steps = within(await screen.findByRole('list', { name: 'Steps' })).getAllByRole('listitem');
  expect(steps.map((step) => /(reads|takes|writes) [\w./, ]+?(?=where:|$)/.exec(step.textContent)?.[0])).toEqual([
    'reads quickbooks.Invoice',
    'takes invoices',
    'writes late to files.out/overdue.csv',
  ]);
});

test('a check shows every fault with file, line, key and the name probably meant', async () => {
  flowPage({
    'POST /api/flows/overdue/check': {
      sound: false,
      notes: [],
      steps: [],
      faults: [
        {
          file: 'flows/overdue.yaml',
          line: 9,
          key: 'steps.late.where',
          message: "There is no column 'DueDat'.",
          nearest: 'DueDate',
        },
        { file: 'flows/overdue.yaml', line: 12, key: 'steps.csv.to', message: 'No such folder.', nearest: null },
      ],
    },
  });
  const person = renderPage('/flows/overdue');
  await person.click(await screen.findByRole('button', { name: 'Check' }));
  const alert = within(await screen.findByRole('alert'));
  expect(alert.getByText('2 faults')).toBeDefined();
  expect(alert.getByText(/There is no column 'DueDat'/).textContent).toContain('Did you mean DueDate?');
  expect(alert.getByText('flows/overdue.yaml:9 steps.late.where')).toBeDefined();
});

test('a preview sends the filled-in parameters and shows the rows with their types', async () => {
  const asked = flowPage({
    'POST /api/flows/overdue/preview': {
      step: 'late',
      columns: [
        { name: 'DocNumber', type: 'VARCHAR' },
        { name: 'Balance', type: 'DECIMAL(28,9)' },
      ],
      rows: [
        ['1001', '99999999999999.99'],
        ['1002', null],
      ],
      more: false,
      calls: 1,
      cut: ['invoices'],
      notes: [],
    },
  });
  const person = renderPage('/flows/overdue');
  const day = await screen.findByLabelText(/as_of/);
  await person.clear(day);
  await person.type(day, '2026-12-31');
  await person.click(screen.getByRole('button', { name: 'Preview late' }));
  const table = within(await screen.findByRole('region', { name: 'Rows of late' }));
  expect(table.getByRole('columnheader', { name: /Balance/ }).textContent).toContain('decimal(28,9)');
  expect(table.getByRole('cell', { name: '99999999999999.99' })).toBeDefined();
  expect(table.getByRole('cell', { name: 'no value' })).toBeDefined();
  expect(screen.getByText('All 2 rows, 2 columns; spent 1 call.')).toBeDefined();
  expect(screen.getByText(/only the first page of invoices/)).toBeDefined();
  expect(document.activeElement?.textContent).toBe('Preview of late');
  expect(asked.at(-1)?.body).toEqual({ parameters: { as_of: '2026-12-31' }, company: null, step: 'late', rows: 50 });
});

test('a preview without authorization offers to reconnect that connection', async () => {
  flowPage({
    'POST /api/flows/overdue/preview': new Refusal(409, {
      error: 'ReconnectNeeded',
      what: "Connection 'quickbooks' is not authorized yet.",
      where: 'connections/quickbooks.yaml',
      next: 'Run `ledgerflow connect quickbooks`.',
    }),
  });
  const person = renderPage('/flows/overdue');
  await person.click(await screen.findByRole('button', { name: 'Preview invoices' }));
  const button = await screen.findByRole('link', { name: 'Reconnect quickbooks' });
  expect(button.getAttribute('href')).toBe('/connect/quickbooks');
});

test('a run of a flow that writes files starts at once and leads to its account', async () => {
  const asked = flowPage({
    'POST /api/flows/overdue/run': { run: run.id },
    [`GET /api/runs/${run.id}`]: run,
  });
  const person = renderPage('/flows/overdue');
  await person.click(await screen.findByRole('checkbox', { name: /Start anew/ }));
  await person.click(screen.getByRole('button', { name: 'Run' }));
  expect(await screen.findByRole('heading', { name: 'Run of overdue' })).toBeDefined();
  expect(screen.getByText('out/overdue.csv')).toBeDefined();
  const started = asked.find(({ path }) => path.endsWith('/run'));
  expect(started?.body).toEqual({ parameters: { as_of: '2026-11-23' }, company: null, fresh: true, dry_run: false });
});

test('a flow that writes into an api asks before it runs', async () => {
  const steps = flow.steps.map((step) => (step.name === 'csv' ? { ...step, resource: 'quickbooks.Invoice' } : step));
  const asked = flowPage({
    'GET /api/flows/overdue': { ...flow, steps },
    'POST /api/flows/overdue/run': { run: run.id },
    [`GET /api/runs/${run.id}`]: { ...run, dry_run: true },
  });
  const person = renderPage('/flows/overdue');
  await person.click(await screen.findByRole('button', { name: 'Run' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Run overdue?' }));
  expect(dialog.getByText('quickbooks.Invoice')).toBeDefined();
  expect(asked.some(({ method }) => method === 'POST')).toBe(false);
  await person.click(dialog.getByRole('button', { name: 'Dry run' }));
  expect(await screen.findByText('Dry run: nothing was written')).toBeDefined();
  expect(asked.find(({ method }) => method === 'POST')?.body).toMatchObject({ dry_run: true });
});

test('a parameter without a default has to be filled in before a run', async () => {
  const parameters = [{ name: 'as_of', type: 'text', default: null, description: '' }];
  flowPage({ 'GET /api/flows/overdue': { ...flow, parameters } });
  const person = renderPage('/flows/overdue');
  const button = await screen.findByRole('button', { name: 'Run' });
  expect(button.hasAttribute('disabled')).toBe(true);
  expect(screen.getByText('To run it, fill in as_of.')).toBeDefined();
  await person.type(screen.getByLabelText(/as_of/), 'today');
  expect(button.hasAttribute('disabled')).toBe(false);
});
