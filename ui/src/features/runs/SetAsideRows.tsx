import { Text } from '@mantine/core';
import type { Run } from '../../api/client';
import { Prose } from '../../components/Prose';
import classes from './RunSteps.module.css';

/** Rows that were refused, each with its reason, and the file in which they can be mended. */
export function SetAsideRows({ run }: { run: Run }) {
  const files = [...new Set(run.steps.flatMap((step) => (step.set_aside_file === null ? [] : [step.set_aside_file])))];
  return (
    <>
      <div className={classes.scroll} role="region" aria-label="Set-aside rows with reasons" tabIndex={0}>
        <table className={classes.steps}>
          <thead>
            <tr>
              <th scope="col">Step</th>
              <th scope="col">Row</th>
              <th scope="col">Reason</th>
            </tr>
          </thead>
          <tbody>
            {run.set_aside.map((row, index) => (
              <tr key={index}>
                <td>{row.step}</td>
                <td>{row.row}</td>
                <td>
                  <Prose text={row.reason} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {run.set_aside_more > 0 && (
        <Text size="sm" mt="xs">
          and {run.set_aside_more.toLocaleString()} more in the file.
        </Text>
      )}
      {files.map((file) => (
        <Text key={file} size="sm" mt="xs">
          Mend them in <code>{file}</code> and run the flow with that file.
        </Text>
      ))}
    </>
  );
}
