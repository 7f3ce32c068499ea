// Everything that is stored about the member, to download.

import { useState } from "react";
import { Form, Notice, optionsOf, PageTitle, RadioField, useAction, useFormats, useWords } from "../../../base";
import { Tabs } from "./Tabs";
import { download } from "./download";
import { DataExport } from "./patient/data";
import { texts } from "./texts";

const NAMES = { JSON: "cohorte.json", CSV_ZIP: "cohorte.zip" } as const;
type State = { kind: "idle" } | { kind: "loading"; bytes: number } | { kind: "done"; bytes: number } | { kind: "failed" };

export function Page() {
  const t = useWords(texts);
  const { number } = useFormats();
  const [state, setState] = useState<State>({ kind: "idle" });
  const { run, busy, ...refused } = useAction(DataExport);
  const size = (bytes: number): string => number(bytes / 1_000, { style: "unit", unit: "kilobyte", maximumFractionDigits: 0 });

  async function get(format: keyof typeof NAMES): Promise<void> {
    setState({ kind: "idle" });
    const payload = await run({ format });
    if (!payload?.address) return;
    setState({ kind: "loading", bytes: 0 });
    try {
      const bytes = await download(payload.address, NAMES[format], (found) => setState({ kind: "loading", bytes: found }));
      setState({ kind: "done", bytes });
    } catch {
      setState({ kind: "failed" });
    }
  }

  return (
    <>
      <PageTitle>{t.export}</PageTitle>
      <Tabs />
      <p>{t.exportLead}</p>
      <Form
        submit={t.download}
        busy={busy || state.kind === "loading"}
        {...refused}
        onSubmit={({ format }) => void get(format === "JSON" ? "JSON" : "CSV_ZIP")}
      >
        <RadioField
          name="format"
          label={t.format}
          options={optionsOf(t.formats, ["CSV_ZIP", "JSON"] as const)}
          initial="CSV_ZIP"
        />
      </Form>
      {state.kind === "loading" && <Notice>{t.receiving(size(state.bytes))}</Notice>}
      {state.kind === "done" && <Notice kind="good">{t.received(size(state.bytes))}</Notice>}
      {state.kind === "failed" && <Notice kind="fault">{t.notReceived}</Notice>}
    </>
  );
}
