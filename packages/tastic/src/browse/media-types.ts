/**
 * What a browser may show of a file: pictures, films, music and plain text, which cannot run anything. All else is saved,
 * since a page or a drawing out of a backup would act with this server's name.
 */
const SHOWN: Readonly<Record<string, string>> = {
  avif: "image/avif",
  bmp: "image/bmp",
  flac: "audio/flac",
  gif: "image/gif",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  log: "text/plain; charset=utf-8",
  m4a: "audio/mp4",
  m4v: "video/mp4",
  md: "text/plain; charset=utf-8",
  mkv: "video/x-matroska",
  mov: "video/quicktime",
  mp3: "audio/mpeg",
  mp4: "video/mp4",
  oga: "audio/ogg",
  ogg: "audio/ogg",
  ogv: "video/ogg",
  opus: "audio/ogg",
  png: "image/png",
  txt: "text/plain; charset=utf-8",
  wav: "audio/wav",
  webm: "video/webm",
  webp: "image/webp",
};

/** The type that a file's name says it has, and whether a browser may show it. */
export function typeOf(name: string): { readonly type: string; readonly shown: boolean } {
  const ending = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
  const type = Object.hasOwn(SHOWN, ending) ? SHOWN[ending] : undefined;
  return { type: type ?? "application/octet-stream", shown: type !== undefined };
}
