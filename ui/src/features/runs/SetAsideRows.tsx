import { Code, Text } from '@mantine/core';
import type { SetAside } from '../../api/client';
import { Command } from '../../components/Command';
import { Prose } from '../../components/Prose';
import classes from './RunSteps.module.css';

/** Rows that a step refused, each with its reason, and how they are mended and run again. */
export function SetAsideRows({ flow, aside }: { flow: string; aside: SetAside }) {
  const label = `Rows that ${aside.step} set aside, with reasons`;
  return (
    <>
      <div className={classes.scroll} role="region" aria-label={label} tabIndex={0}>
        <table className={classes.steps}>
          <thead>
            <tr>
              <th scope="col" data-figures>
                Row
              </th>
              <th scope="col">Reason</th>
              {aside.columns.map((column) => (
                <th scope="col" key={column}>
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {aside.rows.map((row) => (
              <tr key={row.row}>
                <td data-figures>{row.row}</td>
                <td className={classes.reason}>
                  <Prose text={row.reason} />
                </td>
                {aside.columns.map((column, place) => (
                  <td key={column} className={classes.cell}>
                    {row.cells[place] ?? ''}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Text size="sm" c="dimmed" my="xs">
        {aside.rows.length < aside.total && `The first ${aside.rows.length} of ${aside.total.toLocaleString()}. `}
        All of them lie in <Code>{aside.file}</Code>. Mend them there, then run that file alone:
      </Text>
      <Command text={`ledgerflow flow run ${flow} --mended ${aside.file}`} />
    </>
  );
}
