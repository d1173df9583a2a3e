import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import { flowQuery } from '../../api/queries';
import { Answered } from '../../components/Answered';
import { PageTitle } from '../../components/PageTitle';
import { FlowWorkbench } from './FlowWorkbench';

/** One flow: its steps, and what can be done with it. */
export function FlowPage() {
  const { name = '' } = useParams();
  const flow = useQuery(flowQuery(name));
  return (
    <>
      {flow.data === undefined && <PageTitle title={name} />}
      <Answered query={flow}>{(data) => <FlowWorkbench key={data.name} flow={data} />}</Answered>
    </>
  );
}
