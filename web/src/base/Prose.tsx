// A long text, such as terms: its paragraphs are separated by empty lines, or begin with a number.

export function Prose({ children }: { children: string }) {
  return (
    <div className="prose">
      {children.split(/\n{2,}|\n(?=\d+\. )/).map((paragraph, place) => <p key={place} dir="auto">{paragraph}</p>)}
    </div>
  );
}
