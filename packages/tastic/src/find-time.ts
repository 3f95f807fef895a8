/**
 * Times as `find --oldest` and `--newest` take them: a date, a date and a time, either as 2006-01-02 or as 02.01.2006,
 * with or without a zone; or what `date` prints.
 */
import { daysFromDate, daysInMonth, localOffset, SECONDS_PER_DAY } from "@tastic/format";
import { localAbbreviation } from "./output/local-time.js";
import { fatal } from "./text-error.js";

const DATE = String.raw`(?:(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)|(?<day2>\d\d)\.(?<month2>\d\d)\.(?<year2>\d{4}))`;
const CLOCK = String.raw`(?<hour>\d\d?):(?<minute>\d\d)`;
const SECOND = String.raw`(?::(?<second>\d\d)(?:[.,](?<fraction>\d+))?`;
const OFFSET = String.raw`(?<sign>[+-])(?<hours>\d\d)(?<minutes>\d\d)`;
const ZONE = String.raw`(?<zone>[A-Z]{3,4}T?)`;
const WRITTEN = new RegExp(`^${DATE}(?: +${CLOCK}${SECOND}(?: +(?:${OFFSET}|${ZONE}))?)?)?$`);

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const PRINTED = new RegExp(
  `^(?:mon|tue|wed|thu|fri|sat|sun) +(?<name>${MONTHS.join("|")}) +(?<day>\\d\\d?) +${CLOCK}${SECOND}) +` +
    `${OFFSET} +(?:[A-Z]{3,4}T?) +(?<year>\\d{4})$`,
  "i",
);

/** Nanoseconds since 1970. @throws TasticError invalid-argument */
export function readFindTime(given: string): bigint {
  const groups = WRITTEN.exec(given)?.groups ?? PRINTED.exec(given)?.groups;
  const time = groups === undefined ? undefined : timeOf(groups);
  if (time !== undefined) return time;
  throw fatal(`unable to parse time: ${JSON.stringify(given)}`, {
    guidance: 'Write it as 2006-01-02, "2006-01-02 15:04" or "2006-01-02 15:04:05".',
  });
}

function timeOf(groups: Readonly<Record<string, string | undefined>>): bigint | undefined {
  const number = (...names: string[]): number => Number(names.map((name) => groups[name]).find(Boolean) ?? 0);
  const month = groups["name"] === undefined ? 0 : MONTHS.indexOf(groups["name"].toLowerCase()) + 1;
  const date = {
    year: number("year", "year2"),
    month: month || number("month", "month2"),
    day: number("day", "day2"),
  };
  const clock = { hour: number("hour"), minute: number("minute"), second: number("second") };
  const exists =
    date.month >= 1 &&
    date.month <= 12 &&
    date.day >= 1 &&
    date.day <= daysInMonth(date.year, date.month) &&
    clock.hour < 24 &&
    clock.minute < 60 &&
    clock.second < 60;
  if (!exists) return undefined;
  const days = daysFromDate(date.year, date.month, date.day);
  const wall = days * SECONDS_PER_DAY + clock.hour * 3600 + clock.minute * 60 + clock.second;
  const nanoseconds = (groups["fraction"] ?? "").slice(0, 9).padEnd(9, "0");
  return BigInt(wall - offsetOf(wall, groups)) * 1_000_000_000n + BigInt(nanoseconds);
}

/** Seconds east of Greenwich. */
function offsetOf(wall: number, groups: Readonly<Record<string, string | undefined>>): number {
  const { sign, hours, minutes, zone } = groups;
  if (sign !== undefined) return Number(`${sign}1`) * (Number(hours) * 3600 + Number(minutes) * 60);
  // The offset that holds at the instant the first guess leads to.
  if (zone === undefined) return localOffset(wall - localOffset(wall));
  return zone === "UTC" ? 0 : offsetOfZone(wall, zone);
}

/** Of names, Go knows those of the local zone; every other one counts as UTC. */
function offsetOfZone(wall: number, zone: string): number {
  const halfYear = 183 * SECONDS_PER_DAY;
  const near = [wall, wall - halfYear, wall + halfYear];
  const found = near.find((seconds) => localAbbreviation(new Date(seconds * 1000)) === zone);
  return found === undefined ? 0 : localOffset(found);
}
