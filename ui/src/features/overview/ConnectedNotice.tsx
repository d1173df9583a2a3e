import { Alert } from '@mantine/core';
import { CircleCheck } from 'lucide-react';

interface Props {
  connection: string | null;
  company: string | null;
}

/** Said once, on the way back from the provider's consent page. */
export function ConnectedNotice({ connection, company }: Props) {
  if (connection === null) return null;
  return (
    <Alert color="ledger" icon={<CircleCheck size={20} aria-hidden />} role="status" mb="lg" title="Connected">
      {company === null || company === '' ? connection : `${company}, through ${connection}`}. It is kept authorized
      from here on.
    </Alert>
  );
}
