// Calls to our own server. Whatever goes wrong becomes a ProblemError, which a person can read.
import createClient from 'openapi-fetch';
import type { components, paths } from './schema';

type Shapes = components['schemas'];
export type Problem = Shapes['ProblemAnswer'];
export type Fault = Shapes['FaultAnswer'];
export type Connection = Shapes['ConnectionAnswer'];
export type Company = Shapes['CompanyAnswer'];
export type Column = Shapes['ColumnAnswer'];
export type Parameter = Shapes['ParameterAnswer'];
export type Step = Shapes['StepAnswer'];
export type FlowSummary = Shapes['FlowSummary'];
export type Flow = Shapes['FlowAnswer'];
export type Check = Shapes['CheckAnswer'];
export type Preview = Shapes['PreviewAnswer'];
export type RunSummary = Shapes['RunSummary'];
export type Run = Shapes['RunAnswer'];
export type SetAside = Shapes['SetAsideAnswer'];
export type RunState = Run['state'];

export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.what);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

// The address and fetch are looked up at each call, so that tests can put their own in place.
export const client = createClient<paths>({ baseUrl: window.location.origin, fetch: (request) => fetch(request) });

interface Outcome<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The answer of a call; throws ProblemError when the server refused or could not be reached. */
export async function answerOf<T>(call: Promise<Outcome<T>>): Promise<T> {
  let outcome: Outcome<T>;
  try {
    outcome = await call;
  } catch (error) {
    if (error instanceof SyntaxError) throw new ProblemError(unreadable(window.location.origin, 'not JSON'));
    throw new ProblemError(unreachable());
  }
  if (outcome.data !== undefined) return outcome.data;
  const { error, response } = outcome;
  throw new ProblemError(isProblem(error) ? error : unreadable(response.url, `HTTP ${response.status}`));
}

/** What an error thrown anywhere in the page means to a person. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  return {
    error: 'Bug',
    what: error instanceof Error ? error.message : String(error),
    where: 'the page in your browser',
    next: 'Reload the page; if it stays so, report it with this text.',
    faults: [],
  };
}

/** The connection to sign in to again, when that is what a problem asks for. */
export function connectionToReconnect(problem: Problem): string | undefined {
  if (problem.error !== 'ReconnectNeeded') return undefined;
  return /`ledgerflow connect ([A-Za-z][A-Za-z0-9_-]*)/.exec(problem.next)?.[1];
}

export function connectAddress(connection: string): string {
  return `/connect/${encodeURIComponent(connection)}`;
}

function isProblem(value: unknown): value is Problem {
  if (typeof value !== 'object' || value === null) return false;
  const texts = ['error', 'what', 'where', 'next'].every((key) => typeof Reflect.get(value, key) === 'string');
  return texts && Array.isArray(Reflect.get(value, 'faults'));
}

function unreachable(): Problem {
  return {
    error: 'ServerUnreachable',
    what: 'The server does not answer.',
    where: window.location.origin,
    next: 'Start it with `ledgerflow serve` in the folder of the project, then try again.',
    faults: [],
  };
}

function unreadable(where: string, answer: string): Problem {
  return {
    error: 'Bug',
    what: `The server gave an answer that this page cannot read (${answer}).`,
    where,
    next: 'Look at what `ledgerflow serve` prints, and reload the page; if it stays so, report it with this text.',
    faults: [],
  };
}
