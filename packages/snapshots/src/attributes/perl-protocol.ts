/**
 * How we talk to perl about extended attributes, which can make any call of the system by number (xattr(7)).
 *
 * A request is a letter and strings, each after its length in four bytes, little-endian. Answers come in the order of
 * requests; a number is four bytes, too, and an error of the system is its negative number.
 *
 *     r path                    → count or error; then for each attribute: name, value
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
    my $n = syscall $list, $path, $room, 65536;
    if ($n < 0) { $out .= pack "l<", 0 - $!; next }
    my ($count, $answer) = (0, "");
    for my $name (split /\0/, substr $room, 0, $n) {
      my $m = syscall $get, $path, $name, $room, 65536;
      next if $m < 0;
      $count++;
      $answer .= pack("V/a* V/a*", $name, substr $room, 0, $m);
    }
    $out .= pack("l<", $count) . $answer;
    flush() if length $out > 65536;
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

/** The system's error or 0, or the attributes that were read. */
export type Answer = number | ExtendedAttribute[];

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
  if (bytes.length < 4) return undefined;
  const count = bytes.readInt32LE(0);
  if (count < 0 || !isRead) return { answer: count, length: 4 };
  const attributes: ExtendedAttribute[] = [];
  let at = 4;
  const next = (): Buffer | undefined => {
    if (at + 4 > bytes.length) return undefined;
    const start = at + 4;
    const end = start + bytes.readUInt32LE(at);
    if (end > bytes.length) return undefined;
    at = end;
    return bytes.subarray(start, end);
  };
  for (let index = 0; index < count; index++) {
    const name = next();
    const value = name && next();
    if (name === undefined || value === undefined) return undefined;
    attributes.push({ name: decodeName(name), value: Uint8Array.from(value) });
  }
  return { answer: attributes, length: at };
}
