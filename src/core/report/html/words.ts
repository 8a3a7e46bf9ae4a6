/** Numbers and times in words, the same in both reports. */
import { percent } from '../../words';

export const count = (n: number, one: string, many = `${one}s`): string => `${whole(n)} ${n === 1 ? one : many}`;

/** `12 345`, with narrow spaces that do not break. */
export const whole = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, '\u202f');

/** A share of a whole in percent; `–` of nothing. */
export const share = (part: number, all: number): string => percent(part / all);

/** Percent with its sign, the minus a real one. */
export function signed(value: number): string {
  const text = Math.abs(value).toFixed(1);
  return `${Number(text) === 0 ? '' : value < 0 ? '−' : '+'}${text} %`;
}

/** `–` of 0: no first token of an answer has none, so it is not known. */
export const probability = (p: number): string => (p > 0 ? percent(p) : '–');

/** `–` of 0, which nothing takes. */
export function duration(seconds: number): string {
  if (seconds === 0) return '–';
  if (seconds < 90) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (seconds < 5400) return `${(seconds / 60).toFixed(0)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** `2026-01-31 14:05 UTC` */
export const moment = (iso: string): string => {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
};

export const parameters = (n: number): string =>
  n >= 1e9 ? `${(n / 1e9).toFixed(1)} billion` : n >= 1e6 ? `${(n / 1e6).toFixed(1)} million` : whole(n);

/** Of a test; `–` where there was none. */
export const pValue = (p: number | undefined): string => (p === undefined ? '–' : p < 0.001 ? '< 0.001' : p.toFixed(3));
