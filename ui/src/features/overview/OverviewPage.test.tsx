import { screen, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { company, connection, lastRun, project } from '../../testing/examples';
import { fakeServer, Refusal, type Answers } from '../../testing/fakeServer';
import { renderPage } from '../../testing/renderPage';

function overview(changes: Answers = {}) {
  return fakeServer({
    'GET /api/project': project,
    'GET /api/connections': { connections: [connection] },
    'GET /api/runs': { runs: [lastRun], more: false },
    ...changes,
  });
}

test('an empty project teaches the two commands that connect QuickBooks', async () => {
  overview({ 'GET /api/connections': { connections: [] } });
  renderPage('/');
  expect(await screen.findByText('ledgerflow api add quickbooks')).toBeDefined();
  expect(screen.getByText('ledgerflow connect quickbooks')).toBeDefined();
});

test('a connection without a company is authorized by a button that leads to its sign-in', async () => {
  overview({ 'GET /api/connections': { connections: [{ ...connection, companies: [] }] } });
  renderPage('/');
  const button = await screen.findByRole('link', { name: 'Authorize quickbooks' });
  expect(button.getAttribute('href')).toBe('/connect/quickbooks');
});

test('each company is told by name and id, with the end of its authorization', async () => {
  overview();
  renderPage('/');
  const companies = within(await screen.findByRole('list', { name: 'Companies of quickbooks' }));
  expect(companies.getByText('Bakery Ltd')).toBeDefined();
  expect(companies.getByText('9130')).toBeDefined();
  expect(companies.getByText(/authorized until/).textContent).toContain('2027');
});

test('an authorization that is over says why, and no end that has lost its meaning', async () => {
  const over = { ...company, standing: 'reconnect', explanation: 'QuickBooks refused to renew it.' };
  overview({ 'GET /api/connections': { connections: [{ ...connection, companies: [over] }] } });
  renderPage('/');
  expect(await screen.findByText('Reconnect needed')).toBeDefined();
  expect(screen.getByText('QuickBooks refused to renew it.')).toBeDefined();
  expect(screen.queryByText(/authorized until/)).toBeNull();
  expect(screen.getByRole('link', { name: 'Reconnect quickbooks' })).toBeDefined();
});

test('a connection file with faults shows its problem and hides nothing else', async () => {
  const problem = {
    error: 'InputRefused',
    what: "Unknown key 'base_ulr'.",
    where: 'connections/shop.yaml, line 2',
    next: 'Edit connections/shop.yaml and run the command again.',
    faults: [],
  };
  const faulty = { ...connection, name: 'shop', companies: [], connect_path: null, problem };
  overview({ 'GET /api/connections': { connections: [connection, faulty] } });
  renderPage('/');
  const shop = within(await screen.findByRole('article', { name: 'shop' }));
  expect(shop.getByText("Unknown key 'base_ulr'.")).toBeDefined();
  expect(shop.queryByRole('link')).toBeNull();
  expect(screen.getByRole('article', { name: 'quickbooks' })).toBeDefined();
});

test('a server that does not answer is told with the command that starts it, and asked again on request', async () => {
  const answers: Answers = { 'GET /api/project': project, 'GET /api/runs': { runs: [], more: false } };
  fakeServer(answers);
  const person = renderPage('/');
  const alert = within(await screen.findByRole('alert'));
  expect(alert.getByText('ledgerflow serve')).toBeDefined();
  answers['GET /api/connections'] = { connections: [connection] };
  await person.click(alert.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByRole('article', { name: 'quickbooks' })).toBeDefined();
  expect(screen.queryByRole('alert')).toBeNull();
});

test('a refusal of the server is shown in its three parts', async () => {
  overview({
    'GET /api/connections': new Refusal(400, {
      error: 'InputRefused',
      what: 'The vault cannot be opened.',
      where: 'vault of books',
      next: 'Run `ledgerflow vault check`.',
    }),
  });
  renderPage('/');
  const alert = within(await screen.findByRole('alert'));
  expect(alert.getByText('The vault cannot be opened.')).toBeDefined();
  expect(alert.getByText('vault of books')).toBeDefined();
  expect(alert.getByText('ledgerflow vault check')).toBeDefined();
});

test('who comes back from the consent page is told once which company is connected', async () => {
  overview();
  renderPage('/?connected=quickbooks');
  const notice = await screen.findByText(/is connected through quickbooks/);
  expect(notice.textContent).toContain('Bakery Ltd');
});

test('an address made by a stranger cannot make the page say that something is connected', async () => {
  overview();
  renderPage('/?connected=Evil+Bank');
  await screen.findByRole('article', { name: 'quickbooks' });
  expect(screen.queryByText(/is connected through/)).toBeNull();
});
