// Catches what a page throws, such as a part of it that could not be loaded.

import { Component, useEffect, type ReactNode } from "react";
import { onBack } from "../graph/reach";
import { useWords } from "../text/words";
import { Button } from "./Button";
import { Notice } from "./Notice";
import { texts } from "./texts";

export class Problem extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    return this.state.failed ? <Broken /> : this.props.children;
  }
}

function Broken() {
  const t = useWords(texts);
  useEffect(() => onBack(() => location.reload()), []);
  return (
    <>
      <h1>{t.broken}</h1>
      <Notice kind="fault">{t.failed}</Notice>
      <Button onClick={() => location.reload()}>{t.reload}</Button>
    </>
  );
}
