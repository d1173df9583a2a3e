import { Checkbox, Paper, Select, SimpleGrid, TextInput, Title } from '@mantine/core';
import type { Flow, Parameter } from '../../api/client';
import type { FilledIn } from './given';

interface Props {
  flow: Flow;
  form: FilledIn;
  onChange: (form: FilledIn) => void;
  fresh: boolean;
  onFresh: (fresh: boolean) => void;
}

/** The values of a flow's parameters, the company where there is a choice, and whether a run starts anew. */
export function GivenForm({ flow, form, onChange, fresh, onFresh }: Props) {
  const set = (name: string, value: string) => onChange({ ...form, values: { ...form.values, [name]: value } });
  return (
    <Paper component="fieldset" withBorder p="md" m={0} mb="lg" aria-labelledby="given">
      <Title order={2} size="h5" mb="sm" id="given">
        Run with
      </Title>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 1, lg: 2 }} spacing="sm" mb="sm">
        {flow.parameters.map((parameter) => (
          <ParameterField
            key={parameter.name}
            parameter={parameter}
            value={form.values[parameter.name] ?? ''}
            onChange={(value) => set(parameter.name, value)}
          />
        ))}
        {flow.companies.length > 1 && (
          <Select
            label="company"
            description="Which company to work for."
            data={flow.companies.map(({ id, name }) => ({ value: id, label: name === '' ? id : `${name} (${id})` }))}
            value={form.company}
            onChange={(company) => onChange({ ...form, company })}
            withAsterisk
          />
        )}
      </SimpleGrid>
      <Checkbox
        label="Start anew, even where a stopped run could be carried on"
        checked={fresh}
        onChange={(event) => onFresh(event.currentTarget.checked)}
      />
    </Paper>
  );
}

interface FieldProps {
  parameter: Parameter;
  value: string;
  onChange: (value: string) => void;
}

const HINTS = {
  text: '',
  integer: 'a whole number',
  decimal: 'a number such as 12.50',
  date: '',
  timestamp: 'such as 2026-11-23T18:00:00Z',
  boolean: '',
} as const satisfies Record<Parameter['type'], string>;

function ParameterField({ parameter, value, onChange }: FieldProps) {
  const shared = {
    label: parameter.name,
    description: parameter.description || undefined,
    withAsterisk: parameter.default === null,
  };
  if (parameter.type === 'boolean') {
    return (
      <Select
        {...shared}
        data={['true', 'false']}
        value={value || null}
        onChange={(chosen) => onChange(chosen ?? '')}
      />
    );
  }
  const isNumber = parameter.type === 'integer' || parameter.type === 'decimal';
  return (
    <TextInput
      {...shared}
      type={parameter.type === 'date' ? 'date' : 'text'}
      inputMode={isNumber ? 'decimal' : undefined}
      placeholder={HINTS[parameter.type] || undefined}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
