import { AppShell, Container, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { History, LayoutDashboard, Workflow } from 'lucide-react';
import { NavLink, Outlet } from 'react-router';
import { projectQuery } from '../api/queries';
import classes from './Frame.module.css';

const places = [
  { to: '/', label: 'Overview', icon: LayoutDashboard },
  { to: '/flows', label: 'Flows', icon: Workflow },
  { to: '/runs', label: 'Runs', icon: History },
];

/** What stays around every page: the name, and the three places to go; on a phone those stand at the bottom. */
export function Frame() {
  const project = useQuery(projectQuery);
  return (
    <AppShell header={{ height: 56 }} footer={{ height: { base: 60, sm: 0 } }} padding="md">
      <a href="#content" className="skip">
        Skip to the content
      </a>
      <AppShell.Header className={classes.bar ?? ''}>
        <Container size="xl" h="100%">
          <Group h="100%" justify="space-between" wrap="nowrap">
            <NavLink to="/" className={classes.brand ?? ''}>
              <img src="/icon.svg" alt="" width={26} height={26} />
              <span>Ledgerflow</span>
              {project.data && (
                <Text span c="dimmed" size="sm" className={classes.project ?? ''}>
                  {project.data.project}
                </Text>
              )}
            </NavLink>
            <nav aria-label="Main" className={classes.wide}>
              <Places />
            </nav>
          </Group>
        </Container>
      </AppShell.Header>
      <AppShell.Main>
        <Container size="xl" px={0} id="content" tabIndex={-1}>
          <Outlet />
        </Container>
      </AppShell.Main>
      <AppShell.Footer hiddenFrom="sm">
        <nav aria-label="Main" className={classes.narrow}>
          <Places />
        </nav>
      </AppShell.Footer>
    </AppShell>
  );
}

function Places() {
  return (
    <ul className={classes.places}>
      {places.map(({ to, label, icon: Icon }) => (
        <li key={to}>
          <NavLink to={to} end={to === '/'} className={classes.place ?? ''}>
            <Icon size={18} aria-hidden />
            {label}
          </NavLink>
        </li>
      ))}
    </ul>
  );
}
