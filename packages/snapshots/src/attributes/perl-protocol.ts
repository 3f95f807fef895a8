/**
 * How we talk to perl about extended attributes, which can make any call of the system by number (xattr(7)).
 *
 * A request is a letter and strings, each after its length in four bytes, little-endian. Answers come in the order of
 * requests; a number is four bytes, too, and an error of the system is its negative number.
 *
 *     r paths, a zero byte after each → how many have attributes or fail; then for each of these its number among the
 *                                 paths and a count or error, and then for each attribute: name, value
 *     s path, name, value       → 0 or error
 *     d path, name              → 0 or error
 */
import { decodeName } from "@tastic/format";
import type { ExtendedAttribute } from "@tastic/format";

/** perl's own build says which numbers the calls have: lsetxattr, lgetxattr, llistxattr, lremovexattr. */
export const PERL_SCRIPT = String.raw`
use Config;
my ($set, $get, $list, $remove) =
  $Config{ptrsize} != 8 ? () :
  $Config{archname} =~ /^x86_64/ ? (189, 192, 195, 198) :
  $Config{archname} =~ /^(aarch64|riscv64|loongarch64)/ ? (6, 9, 12, 15) : ();
exit 1 unless $^O eq "linux" && defined $set;
binmode STDIN; binmode STDOUT;
my ($in, $out, $room) = ("", "ready", "\0" x 65536);
sub flush { while (length $out) { my $n = syswrite STDOUT, $out; exit 1 unless defined $n; substr($out, 0, $n) = "" } }
sub need { while (length($in) < $_[0]) { flush(); exit 0 unless sysread STDIN, $in, 65536, length $in } }
sub string { need(4); my $n = unpack "V", $in; need(4 + $n); my $s = substr $in, 4, $n; substr($in, 0, 4 + $n) = ""; $s }
sub status { $out .= pack "l<", $_[0] < 0 ? 0 - $! : 0 }
flush();
while (1) {
  need(1);
  my $op = substr $in, 0, 1; substr($in, 0, 1) = "";
  my $path = string();
  if ($op eq "r") {
    my ($index, $found, $answer) = (-1, 0, "");
    for my $each (split /\0/, $path) {
      $index++;
      my $n = syscall $list, $each, $room, 65536;
      next if $n == 0;
      $found++;
      if ($n < 0) { $answer .= pack "V l<", $index, 0 - $!; next }
      my ($count, $attributes) = (0, "");
      for my $name (split /\0/, substr $room, 0, $n) {
        my $m = syscall $get, $each, $name, $room, 65536;
        next if $m < 0;
        $count++;
        $attributes .= pack("V/a* V/a*", $name, substr $room, 0, $m);
      }
      $answer .= pack("V l<", $index, $count) . $attributes;
    }
    $out .= pack("V", $found) . $answer;
    flush();
  } elsif ($op eq "s") {
    my ($name, $value) = (string(), string());
    status(syscall $set, $path, $name, $value, length $value, 0);
  } else {
    my $name = string();
    status(syscall $remove, $path, $name);
  }
}
`;

/** What perl says first, if it can serve us. */
export const READY = "ready";

/** What perl found at one of the paths it was asked for: attributes, or the system's error. */
export interface FoundAt {
  /** Which of the paths. */
  readonly index: number;
  readonly found: readonly ExtendedAttribute[] | number;
}

/** The system's error or 0; of reading, what was found. */
export type Answer = number | readonly FoundAt[];

/** One request. */
export function encodeRequest(operation: "r" | "s" | "d", ...strings: readonly Uint8Array[]): Buffer {
  const parts: Uint8Array[] = [Buffer.from(operation)];
  for (const bytes of strings) {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}

/** Takes one answer off the front of `bytes`; undefined if not all of it is there. */
export function decodeAnswer(bytes: Buffer, isRead: boolean): { answer: Answer; length: number } | undefined {
  const reader = new AnswerReader(bytes);
  try {
    const answer = isRead ? readFound(reader) : reader.number();
    return { answer, length: reader.at };
  } catch (error) {
    if (error instanceof CutShort) return undefined;
    throw error;
  }
}

function readFound(reader: AnswerReader): FoundAt[] {
  const count = reader.number();
  return Array.from({ length: count }, () => {
    const index = reader.number();
    const attributes = reader.number();
    if (attributes < 0) return { index, found: attributes };
    const readOne = (): ExtendedAttribute => ({
      name: decodeName(reader.string()),
      value: Uint8Array.from(reader.string()),
    });
    return { index, found: Array.from({ length: attributes }, readOne) };
  });
}

/** An answer goes on beyond the bytes that are there. */
class CutShort extends Error {}

class AnswerReader {
  readonly #bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  number(): number {
    if (this.at + 4 > this.#bytes.length) throw new CutShort();
    this.at += 4;
    return this.#bytes.readInt32LE(this.at - 4);
  }

  string(): Buffer {
    const length = this.number();
    const start = this.at;
    if (start + length > this.#bytes.length) throw new CutShort();
    this.at += length;
    return this.#bytes.subarray(start, this.at);
  }
}
