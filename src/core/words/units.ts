/** Times and sizes as people read them. */

/** `12 s`, `3 min 20 s`, `1 h 5 min`; parts that are nothing are left out. @param seconds below 0 counts as 0 */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return both(Math.floor(s / 60), 'min', s % 60, 's');
  return both(Math.floor(s / 3600), 'h', Math.floor((s % 3600) / 60), 'min');
}
const both = (large: number, unit: string, small: number, smaller: string): string =>
  `${large} ${unit}${small > 0 ? ` ${small} ${smaller}` : ''}`;

/** The same for what was measured: below ten seconds `0.4 s`, below a tenth of one `35 ms`. */
export function shortDuration(seconds: number): string {
  if (seconds < 0.0995) return `${Math.max(1, Math.round(1000 * seconds))} ms`;
  return seconds < 9.95 ? `${seconds.toFixed(1)} s` : duration(seconds);
}

/** `1.5 GiB`: memory, in powers of 1024. */
export function size(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** step;
  return `${step === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[step]}`;
}

/** `14.1 GB`: what is downloaded, in powers of 1000 as the hub's pages have it. */
export function downloadSize(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  // 999.95 kB would round to 1000.0 kB
  const step = units.findIndex((_, i) => bytes < 999.95 * 1000 ** i || i === units.length - 1);
  return step <= 0
    ? `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`
    : `${(bytes / 1000 ** step).toFixed(1)} ${units[step]}`;
}

/** `2 of 8`, and where it is known `, 3 min 5 s left`. */
export const howFar = ({ done, total, secondsLeft }: { done: number; total: number; secondsLeft?: number }): string =>
  `${done} of ${total}${secondsLeft === undefined ? '' : `, ${duration(secondsLeft)} left`}`;

/** `; 2.5 a minute, about 3 min 5 s left`, to stand behind a count; nothing where it is not known. */
export const pace = (perMinute: number | undefined, secondsLeft: number | undefined): string =>
  perMinute === undefined || secondsLeft === undefined
    ? ''
    : `; ${perMinute.toFixed(1)} a minute, about ${duration(secondsLeft)} left`;

/** What a run took; `–` of 0, which nothing takes. */
export const spent = (seconds: number): string => (seconds === 0 ? '–' : shortDuration(seconds));

/** `2026-01-31 14:05 UTC` */
export const moment = (iso: string): string => {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
};
