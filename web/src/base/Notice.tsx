// A notice in the page. Screen readers read it out when it appears.

import type { ReactNode } from "react";

export function Notice({ kind = "info", children }: { kind?: "info" | "good" | "fault"; children: ReactNode }) {
  return (
    <div className={`notice ${kind}`} role={kind === "fault" ? "alert" : "status"}>
      {children}
    </div>
  );
}
