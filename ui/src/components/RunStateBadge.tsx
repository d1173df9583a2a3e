import { Badge, Loader } from '@mantine/core';
import { Check, CircleSlash, TriangleAlert, X } from 'lucide-react';
import type { RunState } from '../api/client';

interface Props {
  state: RunState;
  setAside: number;
}

/** How a run stands, in a word and a colour; rows that were set aside are never hidden behind a green mark. */
export function RunStateBadge({ state, setAside }: Props) {
  const { color, icon, text } = shown(state, setAside);
  return (
    <Badge color={color} variant="light" size="lg" leftSection={icon} tt="none" fw={600}>
      {text}
    </Badge>
  );
}

function shown(state: RunState, setAside: number) {
  switch (state) {
    case 'running':
      return { color: 'blue', icon: <Loader size={12} aria-hidden />, text: 'Running' };
    case 'failed':
      return { color: 'red', icon: <X size={14} aria-hidden />, text: 'Failed' };
    case 'stopped':
      return { color: 'orange', icon: <CircleSlash size={14} aria-hidden />, text: 'Stopped' };
    case 'done':
      if (setAside > 0) {
        const rows = setAside === 1 ? '1 row' : `${setAside.toLocaleString()} rows`;
        return { color: 'yellow', icon: <TriangleAlert size={14} aria-hidden />, text: `Done, ${rows} set aside` };
      }
      return { color: 'ledger', icon: <Check size={14} aria-hidden />, text: 'Done' };
  }
}
