// A text in CommonMark that somebody else wrote, such as a post: what it says becomes elements of React, never HTML.
//
// Each paragraph and list has the direction of its own script. HTML in it is shown as it was written. Images become links: loading one would tell its server who reads the post.

import MarkdownIt, { type Token } from "markdown-it";
import { Fragment, type ReactNode } from "react";

type Tag = "p" | "strong" | "em" | "blockquote" | "ul" | "li";

const REL = "noopener noreferrer nofollow ugc";
const SAFE = /^(https|mailto):/i;
const TAGS: Readonly<Record<string, Tag>> = { paragraph: "p", strong: "strong", em: "em", blockquote: "blockquote", bullet_list: "ul", list_item: "li" };

const BLOCKS: ReadonlySet<Tag> = new Set(["p", "ul"]); // an item of a list has that of its list, or of its paragraphs

const reader = new MarkdownIt("commonmark", { html: false });
reader.validateLink = (address) => SAFE.test(address); // any other link is shown as it was written

export function Markdown({ children }: { children: string }) {
  return <div className="prose">{elementsOf(reader.parse(children, {}))}</div>;
}

/** The elements of tokens, of which some open an element and others close it. */
function elementsOf(tokens: readonly Token[]): ReactNode[] {
  const outside: ReactNode[][] = [];
  const opened: Token[] = [];
  let inside: ReactNode[] = [];
  for (const token of tokens) {
    if (token.nesting === 1) {
      opened.push(token);
      outside.push(inside);
      inside = [];
    } else if (token.nesting === -1) {
      const made = elementOf(opened.pop() ?? token, inside);
      inside = outside.pop() ?? [];
      inside.push(<Fragment key={inside.length}>{made}</Fragment>);
    } else {
      inside.push(<Fragment key={inside.length}>{leafOf(token)}</Fragment>);
    }
  }
  return inside;
}

function elementOf(token: Token, children: ReactNode[]): ReactNode {
  const kind = token.type.replace(/_open$/, "");
  if (token.hidden) return children; // the paragraph of an item in a tight list
  if (kind === "link") return linkTo(token.attrGet("href"), children);
  if (kind === "ordered_list") return <ol dir="auto" start={Number(token.attrGet("start") ?? 1)}>{children}</ol>;
  // The headings of the page are the page's own.
  if (kind === "heading") return <p dir="auto" className="heading">{children}</p>;
  const Tag = TAGS[kind];
  return Tag ? <Tag {...(BLOCKS.has(Tag) && { dir: "auto" })}>{children}</Tag> : children;
}

function leafOf(token: Token): ReactNode {
  switch (token.type) {
    case "inline":
      return elementsOf(token.children ?? []);
    case "softbreak": // who writes plain text means it
    case "hardbreak":
      return <br />;
    case "hr":
      return <hr />;
    case "code_inline":
      return <code>{token.content}</code>;
    case "code_block":
    case "fence":
      return <pre tabIndex={0} dir="auto"><code>{token.content}</code></pre>;
    case "image":
      return linkTo(token.attrGet("src"), token.content || token.attrGet("src"));
    default:
      return token.content;
  }
}

function linkTo(address: string | number | null, children: ReactNode): ReactNode {
  if (typeof address !== "string" || !SAFE.test(address)) return children;
  return <a href={address} rel={REL}>{children}</a>;
}
