// Downloads a file from an address that works once, and offers it to the browser to save.

/** Calls `progress` with the number of bytes so far, and returns that of all. Throws an Error if it was not received whole. */
export async function download(address: string, name: string, progress: (bytes: number) => void): Promise<number> {
  const response = await fetch(address, { cache: "no-store" });
  if (!response.ok || !response.body) throw new Error(`The download was answered with status ${response.status}.`);
  const pieces: BlobPart[] = [];
  let bytes = 0;
  const reader = response.body.getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    pieces.push(piece.value);
    bytes += piece.value.length;
    progress(bytes);
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(pieces, { type: response.headers.get("content-type") ?? "" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  return bytes;
}
