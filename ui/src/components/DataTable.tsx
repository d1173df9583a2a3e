import { Text } from '@mantine/core';
import type { Column } from '../api/client';
import classes from './DataTable.module.css';

interface Props {
  label: string;
  columns: readonly Column[];
  rows: readonly (readonly (string | null)[])[];
}

/** Rows of data with their types. It scrolls by itself, by keyboard too, so that a wide table never widens the page. */
export function DataTable({ label, columns, rows }: Props) {
  return (
    <div className={classes.scroll} role="region" aria-label={label} tabIndex={0}>
      <table className={classes.table}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" data-figures={isNumeric(column.type)}>
                {column.name}
                <Text component="span" className={classes.type ?? ''} title={column.type}>
                  {shortType(column.type)}
                </Text>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {columns.map((column, place) => (
                <Cell key={column.name} value={row[place] ?? null} type={column.type} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell({ value, type }: { value: string | null; type: string }) {
  if (value === null) return <td className={classes.none} aria-label="no value" data-figures={isNumeric(type)} />;
  return (
    <td data-figures={isNumeric(type)} title={value.length > LONG ? value : undefined}>
      {value}
    </td>
  );
}

const LONG = 48;

export function isNumeric(type: string): boolean {
  return /^(DECIMAL|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|REAL)\b[^[]*$/i.test(type);
}

/** A type as it fits into a table's head: what is inside a struct is told by hovering. */
export function shortType(type: string): string {
  const lists = /(\[\])*$/.exec(type)?.[0] ?? '';
  if (/^STRUCT\b/i.test(type)) return `struct${lists}`;
  if (/^TIMESTAMP WITH TIME ZONE$/i.test(type)) return 'timestamptz';
  return type.toLowerCase();
}
