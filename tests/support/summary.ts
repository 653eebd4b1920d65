/** Says last, in few lines, which tests failed and why: a log of which only the end is kept is enough to know. */
import type { FullResult, Reporter, TestCase, TestResult } from '@playwright/test/reporter';

const ESCAPES = /\x1b\[[\d;]*m/g;
/** Of each message: more is above. */
const MESSAGE_LINES = 12;

export default class Summary implements Reporter {
  private readonly failures: string[] = [];

  onTestEnd(test: TestCase, { status, errors }: TestResult): void {
    if (status === test.expectedStatus || status === 'skipped') return;
    const messages = errors.map(({ message = '' }) => message.replace(ESCAPES, '').split('\n').filter((line) => line.trim()).slice(0, MESSAGE_LINES).join('\n    '));
    const title = test.titlePath().filter(Boolean).join(' › ');
    this.failures.push(`${status}: ${title}\n    ${messages.join('\n    ')}`);
  }

  onEnd(_result: FullResult): void {
    if (this.failures.length) console.log(`\n${this.failures.join('\n')}`);
  }

  printsToStdio(): boolean {
    return true;
  }
}
