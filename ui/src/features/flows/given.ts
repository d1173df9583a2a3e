// What a person fills in before a check, a preview or a run.
import type { Flow } from '../../api/client';
import type { Given } from '../../api/queries';

export interface FilledIn {
  values: Record<string, string>;
  company: string | null;
}

export function emptyForm(flow: Flow): FilledIn {
  const values = flow.parameters.map((parameter) => [parameter.name, parameter.default ?? ''] as const);
  return { values: Object.fromEntries(values), company: null };
}

/** What is sent: a field left empty is not given, so that the default of the flow holds. */
export function givenBy(form: FilledIn): Given {
  const filled = Object.entries(form.values).filter(([, value]) => value !== '');
  return { parameters: Object.fromEntries(filled), company: form.company };
}

/** The names of what must be given and is not. */
export function missing(flow: Flow, form: FilledIn): string[] {
  const open = flow.parameters.filter(
    ({ name, default: fallback }) => fallback === null && (form.values[name] ?? '') === '',
  );
  const names = open.map(({ name }) => name);
  return flow.companies.length > 1 && form.company === null ? [...names, 'company'] : names;
}

/** The resources of an api that a flow writes into; files do not need a second thought. */
export function writesBeyondFiles(flow: Flow): string[] {
  const written = flow.steps.filter((step) => step.role === 'write').map((step) => step.resource ?? '');
  return [...new Set(written)].filter((resource) => resource !== '' && !resource.startsWith('files.'));
}
