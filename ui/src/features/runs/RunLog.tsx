import type { Run } from '../../api/client';
import classes from './RunLog.module.css';

const times = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

/** What a run said while it worked; folded away, since its result says the most of it. */
export function RunLog({ lines }: { lines: Run['log'] }) {
  return (
    <details className={classes.log}>
      <summary>Log ({lines.length === 1 ? '1 line' : `${lines.length} lines`})</summary>
      <ol>
        {lines.map((line, index) => (
          <li key={index}>
            <time dateTime={line.at}>{times.format(new Date(line.at))}</time> {line.step !== '' && `${line.step}: `}
            {line.text}
          </li>
        ))}
      </ol>
    </details>
  );
}
