// The waves of a community's tracking: those that are frozen, and a new one.

import type { OrganizationKind, WaveCommunitiesQuery, WaveFreezeInput, WavesQuery } from "../../../../generated/manager";
import {
  ChecksField, MutationForm, optionsOf, Paged, Shown, Table, TextField, ticked, useDone, useFormats, usePaged,
  usePolled, useRead, useWords, type Values,
} from "../../../base";
import { OneCommunity } from "../OneCommunity";
import { StaffPage } from "../StaffPage";
import { texts as surveyTexts } from "../surveys/texts";
import { WaveCommunities, WaveFreeze, Waves } from "./manager/waves";
import { texts } from "./texts";

const ORGANIZATIONS = ["LABORATORY", "HOSPITAL", "MUTUAL", "INSURER"] as const satisfies readonly OrganizationKind[];

type Community = WaveCommunitiesQuery["communities"]["nodes"][number];
type Wave = WavesQuery["datasets"]["nodes"][number];

export function Page() {
  const t = useWords(texts);
  const read = useRead(WaveCommunities, {});
  return (
    <StaffPage title={t.waves} section="waves">
      <p>{t.lead}</p>
      <Shown read={read}>{({ communities: { nodes } }) => (
        <OneCommunity label={t.community} communities={nodes}>{(each) => <Chosen key={each.id} community={each} />}</OneCommunity>
      )}</Shown>
    </StaffPage>
  );
}

function Chosen({ community }: { community: Community }) {
  const t = useWords(texts);
  const s = useWords(surveyTexts);
  const { number, date } = useFormats();
  const list = usePaged(Waves, { community: community.slug });
  const [done, finish] = useDone(list.again);
  usePolled(list.data?.datasets.nodes.some((each) => each.status === "FREEZING") ?? false, list.again);
  const { readiness } = community;

  function inputOf({ wave = "", cap, ...values }: Values): WaveFreezeInput {
    return { community: community.id, wave, offeredTo: ticked(values, "offeredTo", ORGANIZATIONS), ...(cap && { cap: Number(cap) }) };
  }

  return (
    <>
      <p>
        {s.ready(number(readiness.consenting), number(readiness.needed))}{" "}
        <span className={readiness.ready ? "badge good" : "badge bad"}>{readiness.ready ? s.isReady : s.notReady}</span>
      </p>
      <h2>{t.frozen}</h2>
      {done}
      <Paged list={list} of={(data) => data.datasets}>{(nodes) => (
        <Table caption={t.frozen} rows={nodes} columns={[
          { title: t.wave, cell: (each) => each.wave },
          { title: t.state, cell: (each) => <State wave={each} /> },
          { title: t.frozenOn, cell: (each) => date(each.frozenOn) },
          { title: t.endsOn, cell: (each) => date(each.endedOn ?? each.endsOn) },
          { title: t.offered, cell: (each) => each.offeredTo.map((kind) => t.organizations[kind]).join(", ") },
          { title: t.size, cell: (each) => (each.status === "FREEZING" || each.status === "TOO_SMALL" ? "–" : number(each.size)), numeric: true },
          { title: t.cap, cell: (each) => number(each.budget.cap.microRho), numeric: true },
          { title: t.remaining, cell: (each) => number(each.budget.remaining.microRho), numeric: true },
        ]} />
      )}</Paged>
      <h2>{t.create}</h2>
      <MutationForm
        resets
        submit={t.freeze}
        mutation={WaveFreeze}
        input={inputOf}
        onDone={({ dataset }, { wave = "" }) => finish(t.done(dataset?.wave ?? wave))}
      >
        <TextField name="wave" label={t.name} hint={t.nameHint} required />
        <ChecksField
          name="offeredTo"
          label={t.offered}
          hint={t.offeredHint}
          options={optionsOf(t.organizations, ORGANIZATIONS)}
          initial={[]}
        />
        <TextField name="cap" label={t.budget} hint={t.budgetHint} type="number" />
      </MutationForm>
    </>
  );
}

/** Whether a wave can be queried; while it is being made, how far it has come. */
function State({ wave }: { wave: Wave }) {
  const t = useWords(texts);
  const { percent } = useFormats();
  if (wave.status === "FREEZING") return <span className="badge">{t.freezing(percent(wave.progress / 100))}</span>;
  return <span className={wave.status === "OPEN" ? "badge good" : "badge"}>{t.states[wave.status]}</span>;
}
