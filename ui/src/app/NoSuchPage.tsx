import { Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';
import { PageTitle } from '../components/PageTitle';

export function NoSuchPage() {
  return (
    <>
      <PageTitle title="There is no such page" />
      <Text>
        Go to the{' '}
        <Anchor component={Link} to="/">
          overview
        </Anchor>
        .
      </Text>
    </>
  );
}
