// Shows the data of a query: until it is there, that it is loading; if there is none, why.

import type { ReactNode } from "react";
import type { Failure, Read } from "../graph/hooks";
import { useWords } from "../text/words";
import { Button } from "./Button";
import { Loading } from "./Loading";
import { Notice } from "./Notice";
import { texts } from "./texts";

export function Shown<Data>({ read, children }: { read: Read<Data>; children: (data: Data) => ReactNode }) {
  const t = useWords(texts);
  if (read.data !== undefined) return children(read.data);
  if (!read.failure) return <Loading />;
  return (
    <Notice kind="fault"><p>{failureText(read.failure, t)}</p><Button onClick={read.again}>{t.back}</Button></Notice>
  );
}

export function failureText(failure: Failure, t: { away: string; ended: string; failed: string }): string {
  return typeof failure === "string" ? t[failure] : failure.message || t.failed;
}
