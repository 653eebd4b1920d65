import type { LogFilter } from './enums.ts';

/** Levels by their number in Host.log of bridge.ts. */
const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** A client's log on the console: `Ins#<n> RTM:INFO …` (API 1.3). */
export class Log {
  /** `config` is looked at for each line, since updateConfig can change it. */
  constructor(private readonly _n: number, private readonly _config: { logFilter?: Partial<LogFilter> }) {}

  write(level: number, text: string, ...more: unknown[]): void {
    const name = LEVELS[level] || 'error';
    if (!this._config.logFilter?.[name]) return;
    console[name === 'info' ? 'log' : name](`Ins#${this._n} RTM:${name.toUpperCase()} ${text}`, ...more);
  }

  info(text: string): void {
    this.write(1, text);
  }

  error(text: string, cause: unknown): void {
    this.write(3, text, cause);
  }
}

/** An id as it may appear in a log. */
export function mask(id: string): string {
  return id.slice(0, Math.min(2, id.length >> 1)) + '***';
}
