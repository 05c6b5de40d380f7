import type { UnixMs } from "../platform/index.ts";

const DAYS_TO_MARCH_OF_0 = 719_468;
const DAYS_PER_ERA = 146_097;

/** RFC 3339 in UTC with milliseconds, `2026-11-20T10:48:30.5Z` as Go prints it: zeros at the end of the fraction are left out. */
export function formatTime(at: UnixMs): string {
  const days = Math.floor(at / 86_400_000);
  const ms = Math.floor(at - days * 86_400_000);
  const { year, month, day } = civil(days);
  const two = (n: number): string => String(n).padStart(2, "0");
  const fraction =
    ms % 1_000 === 0
      ? ""
      : `.${String(ms % 1_000)
          .padStart(3, "0")
          .replace(/0+$/, "")}`;
  return `${year}-${two(month)}-${two(day)}T${two(Math.floor(ms / 3_600_000))}:${two(Math.floor(ms / 60_000) % 60)}:${two(Math.floor(ms / 1_000) % 60)}${fraction}Z`;
}

/** The date of a day counted from 1970, by the Gregorian calendar: the year begins in March, so that the leap day is its last. */
function civil(day: number): { readonly year: number; readonly month: number; readonly day: number } {
  const shifted = day + DAYS_TO_MARCH_OF_0;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const dayOfEra = shifted - era * DAYS_PER_ERA;
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1 };
}
