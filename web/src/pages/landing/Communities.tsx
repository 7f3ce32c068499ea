// A search for communities, in lay words.

import { useState, type ComponentType } from "react";
import { Link } from "wouter";
import { SearchBox, Section, Shown, useFormats, useRead, useWords } from "../../base";
import { FoundCommunities, MatchedCommunities } from "./everybody/landing";
import { texts } from "./texts";

interface Props {
  /** What follows a search that has found nothing. */
  Missing?: ComponentType<{ search: string }>;
}

export function Communities({ Missing }: Props) {
  const t = useWords(texts);
  const { number } = useFormats();
  const [search, setSearch] = useState("");
  const all = useRead(FoundCommunities, {}, { pause: search !== "" });
  const matched = useRead(MatchedCommunities, { search }, { pause: search === "" });
  return (
    <Section id="find" title={t.find}>
      <SearchBox label={t.search} onSearch={setSearch} />
      <div aria-live="polite">
        <Shown read={search ? matched : all}>{({ communities: { nodes, pageInfo } }) => (
          <>
            {nodes.length === 0 && <p>{t.none(search)}</p>}
            {nodes.length === 0 && Missing && <Missing key={search} search={search} />}
            <ul className="cards">{nodes.map((each) => (
              <li key={each.slug}>
                <Link href={`/communities/${each.slug}`} className="card">
                  <strong>{each.name}</strong>
                  <Matched {...each} />
                  <p>{each.description}</p>
                  {each.memberCount > 0 && <p>{t.size(number(each.memberCount))}</p>}
                </Link>
              </li>
            ))}</ul>
            {pageInfo.hasNextPage && <p className="quiet more">{search ? t.more : t.others}</p>}
          </>
        )}</Shown>
      </div>
    </Section>
  );
}

/** The words by which a search found a community, if they are not its name. */
function Matched({ name, matched }: { name: string; matched?: { readonly name: string } | null }) {
  const t = useWords(texts);
  return matched && matched.name !== name ? <p>{t.alsoCalled(matched.name)}</p> : null;
}
