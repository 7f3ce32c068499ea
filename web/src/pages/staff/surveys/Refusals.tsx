// Why what has no control of its own was refused, such as all conditions of a question together.

import { useRefusals } from "../../../base";

export function Refusals({ path }: { path: string }) {
  const messages = useRefusals(path);
  if (!messages.length) return null;
  return (
    <div className="fault" role="alert" tabIndex={-1}>{messages.map((message) => <p key={message}>{message}</p>)}</div>
  );
}
