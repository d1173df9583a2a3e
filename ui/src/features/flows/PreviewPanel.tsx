import { Paper, Skeleton, Text, Title } from '@mantine/core';
import { useEffect, useRef } from 'react';
import type { Preview } from '../../api/client';
import { problemOf } from '../../api/client';
import { DataTable } from '../../components/DataTable';
import { ProblemAlert } from '../../components/ProblemAlert';
import { Prose } from '../../components/Prose';

interface Props {
  step: string;
  preview: Preview | undefined;
  error: Error | null;
  onRetry: () => void;
}

/** The first rows of a step. It takes the focus when its rows are there, since it may stand far from its button. */
export function PreviewPanel({ step, preview, error, onRetry }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  const isThere = preview !== undefined || error !== null;
  useEffect(() => {
    if (isThere) heading.current?.focus();
  }, [isThere, step]);
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="preview">
      <Title order={2} size="h5" id="preview" tabIndex={-1} ref={heading}>
        Preview of {step}
      </Title>
      {error !== null && <ProblemAlert problem={problemOf(error)} onRetry={onRetry} />}
      {!isThere && (
        <div role="status" aria-label={`Reading the first rows of ${step}`}>
          <Skeleton h={160} mt="sm" />
        </div>
      )}
      {preview !== undefined && error === null && (
        <>
          <Text size="sm" c="dimmed" mb="sm">
            {sizeOf(preview)}; spent {preview.calls === 1 ? '1 call' : `${preview.calls.toLocaleString()} calls`}.
          </Text>
          {preview.cut.length > 0 && (
            <Text size="sm" mb="xs">
              It is made from only the first page of {preview.cut.join(', ')}, so totals are not whole yet.
            </Text>
          )}
          {preview.notes.map((note) => (
            <Text key={note} size="sm" mb="xs">
              <Prose text={note} />
            </Text>
          ))}
          <DataTable label={`Rows of ${step}`} columns={preview.columns} rows={preview.rows} />
        </>
      )}
    </Paper>
  );
}

export function sizeOf({ rows, columns, more }: Preview): string {
  const width = columns.length === 1 ? '1 column' : `${columns.length} columns`;
  if (more) return `The first ${rows.length} rows, ${width}; there are more`;
  return rows.length === 1 ? `1 row, ${width}` : `All ${rows.length} rows, ${width}`;
}
