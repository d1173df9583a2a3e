import { render } from '@testing-library/react';
import userEvent, { type UserEvent } from '@testing-library/user-event';
import { MemoryRouter } from 'react-router';
import { App } from '../app/App';
import { Providers } from '../app/Providers';

/** The whole page at an address, and a person in front of it. */
export function renderPage(address: string): UserEvent {
  const person = userEvent.setup();
  render(
    <MemoryRouter initialEntries={[address]}>
      <Providers>
        <App />
      </Providers>
    </MemoryRouter>,
  );
  return person;
}
