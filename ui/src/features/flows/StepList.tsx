import { Badge, Button, Code, Text } from '@mantine/core';
import { ArrowDownToLine, ArrowUpFromLine, Shuffle } from 'lucide-react';
import type { Fault, Step } from '../../api/client';
import classes from './StepList.module.css';

interface Props {
  steps: readonly Step[];
  faults: readonly Fault[];
  selected: string | null;
  onPreview: (step: string) => void;
}

const ICONS = { read: ArrowDownToLine, transform: Shuffle, write: ArrowUpFromLine } as const;

/** The steps in the order in which rows travel through them; a fault stands at the step that has it. */
export function StepList({ steps, faults, selected, onPreview }: Props) {
  return (
    <ol className={classes.steps} aria-label="Steps">
      {steps.map((step) => {
        const Icon = ICONS[step.role];
        const own = faultsOf(step.name, faults);
        return (
          <li
            key={step.name}
            className={classes.step}
            data-role={step.role}
            data-faulty={own.length > 0}
            aria-current={selected === step.name || undefined}
          >
            <span className={classes.mark}>
              <Icon size={16} aria-hidden />
            </span>
            <div className={classes.body}>
              <div className={classes.head}>
                <Text fw={650}>{step.name}</Text>
                {step.kind !== '' && (
                  <Badge variant="default" size="sm" tt="none" fw={500}>
                    {step.kind}
                  </Badge>
                )}
                <Button
                  disabled={step.kind === ''}
                  variant="subtle"
                  size="compact-sm"
                  ml="auto"
                  onClick={() => onPreview(step.name)}
                  aria-label={`Preview ${step.name}`}
                >
                  Preview
                </Button>
              </div>
              <Text size="sm" c="dimmed">
                <Sentence step={step} />
              </Text>
              {step.settings !== '' && (
                <Code block className={classes.settings ?? ''}>
                  {step.settings}
                </Code>
              )}
              {own.length > 0 && (
                <ul className={classes.faults}>
                  {own.map((fault) => (
                    <li key={`${fault.key} ${fault.message}`}>{fault.message}</li>
                  ))}
                </ul>
              )}
            </div>
          </li>
        );
      })}
    </ol>
  );
}

function Sentence({ step }: { step: Step }) {
  const resource = <code>{step.resource}</code>;
  const takes = step.takes.join(', ');
  const after = step.after.length > 0 ? `, after ${step.after.join(', ')}` : '';
  switch (step.role) {
    case 'read':
      return <>reads {resource}</>;
    case 'write':
      return (
        <>
          writes {takes} to {resource}
          {after}
        </>
      );
    case 'transform':
      return takes === '' ? <>has faults</> : <>takes {takes}</>;
  }
}

export function faultsOf(step: string, faults: readonly Fault[]): Fault[] {
  return faults.filter(({ key }) => key === `steps.${step}` || key.startsWith(`steps.${step}.`));
}
