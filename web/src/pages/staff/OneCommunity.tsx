// A community to choose, and what is shown of it.

import { useState, type ReactNode } from "react";
import { SelectField } from "../../base";

interface Named {
  readonly slug: string;
  readonly name: string;
}

interface Props<Each extends Named> {
  label: string;
  communities: readonly Each[];
  children: (chosen: Each) => ReactNode;
}

export function OneCommunity<Each extends Named>({ label, communities, children }: Props<Each>) {
  const [slug, setSlug] = useState<string | null>(null);
  const chosen = communities.find((each) => each.slug === slug) ?? communities[0];
  const options = communities.map((each) => ({ value: each.slug, label: each.name }));
  return (
    <>
      <div className="filters"><SelectField name="community" label={label} options={options} onChange={setSlug} /></div>
      {chosen && children(chosen)}
    </>
  );
}
