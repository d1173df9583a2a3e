import type { Run } from '../../api/client';
import classes from './RunSteps.module.css';

type RunStep = Run['steps'][number];

/** What each step did: rows, and where they went. */
export function RunSteps({ steps }: { steps: readonly RunStep[] }) {
  return (
    <div className={classes.scroll} role="region" aria-label="Result of each step" tabIndex={0}>
      <table className={classes.steps}>
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col" className={classes.kind}>
              Kind
            </th>
            <th scope="col" data-figures>
              Rows
            </th>
            <th scope="col">Result</th>
          </tr>
        </thead>
        <tbody>
          {steps.map((step) => (
            <tr key={step.name}>
              <th scope="row">
                {step.name}
                {step.state === 'open' && <span className={classes.open}> under way</span>}
              </th>
              <td className={classes.kind}>{step.kind}</td>
              <td data-figures>{step.rows?.toLocaleString() ?? '–'}</td>
              <td className={classes.result}>
                <Outcome step={step} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Outcome({ step }: { step: RunStep }) {
  const counts = [
    [step.created, 'created'],
    [step.updated, 'changed'],
    [step.skipped, 'skipped'],
    [step.set_aside, 'set aside'],
  ] as const;
  const said = counts.filter(([count]) => count > 0).map(([count, word]) => `${count.toLocaleString()} ${word}`);
  return (
    <>
      {step.place !== null && <code>{step.place}</code>}
      {step.place !== null && said.length > 0 && ': '}
      {said.join(', ')}
      {step.outcomes_file !== null && (
        <div className={classes.aside}>
          each row in <code>{step.outcomes_file}</code>
        </div>
      )}
    </>
  );
}
