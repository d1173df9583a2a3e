import { expect, test } from 'vitest';
import { daysAhead, spanText } from './When';

const at = '2026-11-23T12:00:00Z';

test.each([
  ['2026-11-23T11:59:59Z', 'past'],
  ['2026-11-24T11:00:00Z', 'within a day'],
  ['2026-11-24T12:00:00Z', 'in 1 day'],
  ['2027-03-03T12:00:00Z', 'in 100 days'],
])('the end %s is %s', (until, told) => {
  expect(daysAhead(until, Date.parse(at))).toBe(told);
});

test.each([
  ['2026-11-23T12:00:00.840Z', '0.8 s'],
  ['2026-11-23T12:00:59.700Z', '1 min 0 s'],
  ['2026-11-23T12:03:04Z', '3 min 4 s'],
  ['2026-11-23T13:10:00Z', '1 h 10 min'],
])('from noon to %s are %s', (to, told) => {
  expect(spanText(at, to)).toBe(told);
});
