/** The log of a run: its beginning and its end, where it is too long for all of it. */
const maximumHead = 16 * 1024;
const maximumTail = 48 * 1024;

export class RunLog {
  #head = "";
  #tail: string[] = [];
  #tailLength = 0;
  #left = 0;

  /** @param text one line; control characters of file names do not get to be lines of their own */
  add(time: string, text: string): void {
    const line = `${time} ${oneLine(text).slice(0, 2000)}\n`;
    if (this.#tail.length === 0 && this.#head.length + line.length <= maximumHead) {
      this.#head += line;
      return;
    }
    this.#tail.push(line);
    this.#tailLength += line.length;
    while (this.#tailLength > maximumTail) {
      this.#tailLength -= this.#tail.shift()?.length ?? this.#tailLength;
      this.#left++;
    }
  }

  get text(): string {
    const left = this.#left === 0 ? "" : `[${this.#left} lines were left out here]\n`;
    return this.#head + left + this.#tail.join("");
  }
}

function oneLine(text: string): string {
  const escape = (c: string): string => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
  // oxlint-disable-next-line no-control-regex -- that is what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, escape);
}
