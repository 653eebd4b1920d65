import type { LogFilter } from './enums.ts';
import { given } from './parameters.ts';

/** Levels by their number in ClientEvents.log of bridge.ts. */
const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** A client's log on the console, or for the application's LOG_HANDLER: `Ins#<n> RTM:INFO …` (API 1.3). */
export class Log {
  /** `config` is looked at for each line, since updateConfig can change it. */
  constructor(private readonly _n: number, private readonly _config: { logFilter?: Partial<LogFilter> }) {}

  write(level: number, text: string, ...more: unknown[]): void {
    const name = LEVELS[level] || 'error';
    if (!this._config.logFilter?.[name]) return;
    const line = [`Ins#${this._n} RTM:${name.toUpperCase()} ${text}`, ...more];
    try {
      const handler = given('LOG_HANDLER');
      if (typeof handler === 'function') return handler(name, ...line);
    } catch (error) {
      console.error('RTM: LOG_HANDLER threw', error);
    }
    console[name === 'info' ? 'log' : name](...line);
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
