// A server in place of ours: answers by method and path, and remembers what it was asked.
import { vi } from 'vitest';
import type { Problem } from '../api/client';

export interface Asked {
  method: string;
  path: string;
  query: string;
  body: unknown;
}

export type Answers = Record<string, unknown>;

export class Refusal {
  readonly status: number;
  readonly problem: Problem;

  constructor(status: number, problem: Omit<Problem, 'faults'> & Partial<Pick<Problem, 'faults'>>) {
    this.status = status;
    this.problem = { faults: [], ...problem };
  }
}

/** Keys of `answers` are such as `GET /api/flows`; a function is called for each request, so that answers can change. */
export function fakeServer(answers: Answers): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    const { pathname, search } = new URL(request.url);
    const text = await request.text();
    asked.push({ method: request.method, path: pathname, query: search, body: text === '' ? null : JSON.parse(text) });
    const key = `${request.method} ${decodeURIComponent(pathname)}`;
    const known = answers[key];
    const answer: unknown = typeof known === 'function' ? (known as () => unknown)() : known;
    if (answer instanceof Refusal) return Response.json(answer.problem, { status: answer.status });
    if (answer === undefined) throw new TypeError(`nobody answers ${key}`);
    return Response.json(answer);
  });
  return asked;
}
