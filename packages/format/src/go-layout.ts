/**
 * Times written after an example, as Go's `time.Format` does: in a layout, the parts of "Mon Jan 2 15:04:05 2006" stand for
 * those of the time.
 *
 * A zone is written by its hours where Go would know its letters ("MST" in a layout): only UTC is known here.
 */
import { dateFromDays, daysFromDate, SECONDS_PER_DAY } from "./calendar.js";
import { offsetOf, parseTime } from "./go-time.js";

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const NANOSECONDS = 1_000_000_000n;

/** What stands for something in a layout; of those that begin alike, the longer one first. */
const PARTS = new RegExp(
  [
    "January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST",
    "002|0[1-6]|15|1|2006|2|__2|_2(?!006)|3|4|5|PM|pm",
    "[-Z]07(?:0000|:00:00|00|:00|)",
    "[.,](?:0+|9+)(?!\\d)",
  ].join("|"),
  "g",
);

interface Parts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly yearDay: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Nine digits. */
  readonly fraction: string;
  readonly offset: number;
  readonly isUtc: boolean;
}

/**
 * A stored time as `layout` shows it, in the zone that it is stored with.
 * @throws TasticError invalid-format if `time` is none
 */
export function formatLayout(time: string, layout: string): string {
  const parts = partsOf(time);
  return layout.replace(PARTS, (part) => (FORMATS[part] ?? formatOther)(parts, part));
}

const two = (value: number): string => String(value).padStart(2, "0");

const FORMATS: Readonly<Record<string, (parts: Parts) => string>> = {
  January: ({ month }) => MONTHS[month - 1] ?? "",
  Jan: ({ month }) => (MONTHS[month - 1] ?? "").slice(0, 3),
  "01": ({ month }) => two(month),
  "1": ({ month }) => String(month),
  Monday: ({ weekday }) => WEEKDAYS[weekday] ?? "",
  Mon: ({ weekday }) => (WEEKDAYS[weekday] ?? "").slice(0, 3),
  "02": ({ day }) => two(day),
  _2: ({ day }) => String(day).padStart(2),
  "2": ({ day }) => String(day),
  "002": ({ yearDay }) => String(yearDay).padStart(3, "0"),
  __2: ({ yearDay }) => String(yearDay).padStart(3),
  "2006": ({ year }) => String(year).padStart(4, "0"),
  "06": ({ year }) => two(year % 100),
  "15": ({ hour }) => two(hour),
  "03": ({ hour }) => two(hour % 12 || 12),
  "3": ({ hour }) => String(hour % 12 || 12),
  "04": ({ minute }) => two(minute),
  "4": ({ minute }) => String(minute),
  "05": ({ second }) => two(second),
  "5": ({ second }) => String(second),
  PM: ({ hour }) => (hour >= 12 ? "PM" : "AM"),
  pm: ({ hour }) => (hour >= 12 ? "pm" : "am"),
  MST: ({ isUtc, offset }) => (isUtc ? "UTC" : formatZone(offset, "-0700")),
};

/** Zones, and fractions of the second. */
function formatOther({ offset, fraction }: Parts, part: string): string {
  if (part.startsWith("Z")) return offset === 0 ? "Z" : formatZone(offset, part);
  if (part.startsWith("-")) return formatZone(offset, part);
  const digits = fraction.slice(0, part.length - 1).padEnd(part.length - 1, "0");
  if (part[1] === "0") return part.charAt(0) + digits;
  const shortened = digits.replace(/0+$/, "");
  return shortened === "" ? "" : part.charAt(0) + shortened;
}

function formatZone(offset: number, form: string): string {
  const size = Math.abs(offset);
  const colon = form.includes(":") ? ":" : "";
  const digits = form.replace(/[^0-9]/g, "").length;
  const [hours, minutes, seconds] = [
    two(Math.floor(size / 3600)),
    two(Math.floor(size / 60) % 60),
    two(size % 60),
  ];
  const shown = [hours, minutes, seconds].slice(0, digits / 2);
  return (offset < 0 ? "-" : "+") + shown.join(colon);
}

function partsOf(time: string): Parts {
  const nanoseconds = parseTime(time);
  const offset = offsetOf(time);
  const rest = ((nanoseconds % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
  const seconds = Number((nanoseconds - rest) / NANOSECONDS) + offset;
  const days = Math.floor(seconds / SECONDS_PER_DAY);
  const clock = seconds - days * SECONDS_PER_DAY;
  const { year, month, day } = dateFromDays(days);
  return {
    year,
    month,
    day,
    yearDay: days - daysFromDate(year, 1, 1) + 1,
    // 1970 began on a Thursday.
    weekday: (((days + 4) % 7) + 7) % 7,
    hour: Math.floor(clock / 3600),
    minute: Math.floor(clock / 60) % 60,
    second: clock % 60,
    fraction: String(rest).padStart(9, "0"),
    offset,
    isUtc: time.endsWith("Z"),
  };
}
