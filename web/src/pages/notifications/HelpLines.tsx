// Help lines to call, each in its own language.

interface Line {
  readonly number: string;
  readonly name: string;
  readonly description: string;
  readonly language: string;
}

export function HelpLines({ lines }: { lines: readonly Line[] }) {
  return (
    <ul>{lines.map((line) => (
      <li key={line.number} lang={line.language.toLowerCase()}>
        <a href={`tel:${line.number}`}>{line.number}</a> <strong>{line.name}</strong>: {line.description}
      </li>
    ))}</ul>
  );
}
