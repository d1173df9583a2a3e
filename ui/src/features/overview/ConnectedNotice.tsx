import { Alert } from '@mantine/core';
import { CircleCheck } from 'lucide-react';
import type { Connection } from '../../api/client';

interface Props {
  name: string | null;
  connections: readonly Connection[];
}

/** Said on the way back from the provider's consent page; the address only names the connection, which must exist. */
export function ConnectedNotice({ name, connections }: Props) {
  const newest = connections
    .find((connection) => connection.name === name)
    ?.companies.toSorted((one, other) => Date.parse(other.connected_at) - Date.parse(one.connected_at))[0];
  if (newest === undefined) return null;
  return (
    <Alert color="ledger" icon={<CircleCheck size={20} aria-hidden />} role="status" mb="lg" title="Connected">
      {newest.name === '' ? `Company ${newest.id}` : newest.name} is connected through {name}, and kept authorized from
      here on.
    </Alert>
  );
}
