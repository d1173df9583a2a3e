import { expect, test } from 'vitest';
import { isNumeric, shortType } from './DataTable';

test.each(['DECIMAL(28,9)', 'BIGINT', 'INTEGER', 'UINTEGER', 'HUGEINT', 'DOUBLE', 'UBIGINT'])(
  '%s is set to the right',
  (type) => {
    expect(isNumeric(type)).toBe(true);
  },
);

test.each(['VARCHAR', 'DATE', 'DECIMAL(28,9)[]', 'STRUCT("a" INTEGER)', 'INTERVAL'])(
  '%s is set to the left',
  (type) => {
    expect(isNumeric(type)).toBe(false);
  },
);

test('what is inside a struct is left to the title', () => {
  expect(shortType('STRUCT("value" VARCHAR, "name" VARCHAR)[]')).toBe('struct[]');
  expect(shortType('TIMESTAMP WITH TIME ZONE')).toBe('timestamptz');
});
