import { Route, Routes } from 'react-router';
import { FlowPage } from '../features/flows/FlowPage';
import { FlowsPage } from '../features/flows/FlowsPage';
import { OverviewPage } from '../features/overview/OverviewPage';
import { RunPage } from '../features/runs/RunPage';
import { RunsPage } from '../features/runs/RunsPage';
import { Frame } from './Frame';
import { NoSuchPage } from './NoSuchPage';

/** Every address of the page. The server answers the same ones with it: `PAGE_PATHS` in server/page.py. */
export function App() {
  return (
    <Routes>
      <Route element={<Frame />}>
        <Route index element={<OverviewPage />} />
        <Route path="flows" element={<FlowsPage />} />
        <Route path="flows/:name" element={<FlowPage />} />
        <Route path="runs" element={<RunsPage />} />
        <Route path="runs/:id" element={<RunPage />} />
        <Route path="*" element={<NoSuchPage />} />
      </Route>
    </Routes>
  );
}
