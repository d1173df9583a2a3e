// Answers of a small project, as the server gives them.
import type { Company, Connection, Flow, Run, RunSummary } from '../api/client';

export const project = {
  project: 'books',
  description: 'The books of a bakery',
  folder: '/home/ada/books',
  version: '0.1.0',
};

export const company: Company = {
  id: '9130',
  name: 'Bakery Ltd',
  standing: 'connected',
  explanation: '',
  connected_at: '2026-11-01T10:00:00Z',
  until: '2027-02-09T10:00:00Z',
};

export const connection: Connection = {
  name: 'quickbooks',
  file: 'connections/quickbooks.yaml',
  api: 'quickbooks',
  provider: 'QuickBooks Online',
  base_url: 'https://quickbooks.example',
  security: 'oauth2',
  companies: [company],
  connect_path: '/connect/quickbooks',
  warnings: [],
  problem: null,
};

export const lastRun: RunSummary = {
  id: '20261123-210400-a1',
  flow: 'overdue',
  state: 'done',
  started_at: '2026-11-23T21:04:00Z',
  ended_at: '2026-11-23T21:04:12Z',
  set_aside: 0,
  dry_run: false,
};

export const flow: Flow = {
  name: 'overdue',
  file: 'flows/overdue.yaml',
  description: 'Overdue totals per customer',
  parameters: [{ name: 'as_of', type: 'date', default: '2026-11-23', description: 'The day to look at' }],
  steps: [
    {
      name: 'invoices',
      kind: 'read',
      role: 'read',
      takes: [],
      after: [],
      resource: 'quickbooks.Invoice',
      settings: "where: Balance > '0'",
    },
    {
      name: 'late',
      kind: 'filter',
      role: 'transform',
      takes: ['invoices'],
      after: [],
      resource: null,
      settings: 'where: DueDate < $as_of',
    },
    {
      name: 'csv',
      kind: 'write',
      role: 'write',
      takes: ['late'],
      after: [],
      resource: 'files.out/overdue.csv',
      settings: '',
    },
  ],
  faults: [],
  notes: [],
  companies: [],
};

export const run: Run = {
  id: lastRun.id,
  flow: 'overdue',
  state: 'done',
  started_at: lastRun.started_at,
  ended_at: lastRun.ended_at,
  parameters: { as_of: '2026-11-23' },
  company: '9130',
  steps: [
    {
      name: 'csv',
      kind: 'write',
      rows: 42,
      place: 'out/overdue.csv',
      created: 0,
      updated: 0,
      skipped: 0,
      set_aside: 0,
      state: 'done',
      outcomes_file: null,
    },
  ],
  set_aside: [],
  dry_run: false,
  tries: 1,
  log: [],
  calls: { metered: 3, unmetered: 0, by_kind: { query: 3 } },
  tasks: [],
  notes: [],
  problem: null,
};
