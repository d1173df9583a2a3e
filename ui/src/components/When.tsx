import { useState } from 'react';

const moments = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const days = new Intl.DateTimeFormat(undefined, { dateStyle: 'long' });
const DAY_MS = 86_400_000;

/** A moment in the time of the person who looks at it; the exact one is told by hovering. */
export function When({ at }: { at: string }) {
  return (
    <time dateTime={at} title={at}>
      {moments.format(new Date(at))}
    </time>
  );
}

/** A day to come, with how far off it is. */
export function Until({ at }: { at: string }) {
  const [now] = useState(() => Date.now());
  return (
    <time dateTime={at} title={at}>
      {days.format(new Date(at))} ({daysAhead(at, now)})
    </time>
  );
}

export function daysAhead(at: string, now: number): string {
  const left = Math.floor((Date.parse(at) - now) / DAY_MS);
  if (left < 0) return 'past';
  if (left === 0) return 'within a day';
  return left === 1 ? 'in 1 day' : `in ${left} days`;
}

/** How long something took: `0.8 s`, `12 s`, `3 min 4 s`, `1 h 10 min`. */
export function spanText(from: string, to: string): string {
  const seconds = Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
