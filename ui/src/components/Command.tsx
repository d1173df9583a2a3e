import { ActionIcon, CopyButton, Group, Tooltip } from '@mantine/core';
import { Check, Copy } from 'lucide-react';
import classes from './Command.module.css';

/** A command to type, and a button that copies it. */
export function Command({ text }: { text: string }) {
  return (
    <Group gap="xs" wrap="nowrap" justify="space-between" className={classes.command ?? ''}>
      <code>{text}</code>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? 'Copied' : 'Copy'}>
            <ActionIcon variant="subtle" color={copied ? 'ledger' : 'gray'} onClick={copy} aria-label={`Copy: ${text}`}>
              {copied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </Group>
  );
}
