// A sentence of the documentation, whose words in backquotes are code.

export function Prose({ text }: { text: string }) {
  return text.split("`").map((part, index) => (index % 2 ? <code key={index}>{part}</code> : part));
}
