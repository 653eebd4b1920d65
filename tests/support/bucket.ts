import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './proc.ts';

/** An S3 server with a bucket that pages may read. */
export interface Bucket {
  /** What --media takes. */
  media: string;
  /** How many downloads came from it directly since the last call. */
  downloads(): Promise<number>;
  end(): Promise<void>;
}

/** Starts the server. Gateways that are started from now on have the credentials for it. */
export async function startBucket(): Promise<Bucket> {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'tester', AWS_SECRET_ACCESS_KEY: 'a-secret-for-tests' });
  const p = spawn(path.join(root, 'tests/.build/bucketserver'), { stdio: ['pipe', 'pipe', 'inherit'], cwd: root });
  const lines = createInterface({ input: p.stdout })[Symbol.asyncIterator]();
  const read = async (name: string) => {
    const { value, done } = await lines.next();
    if (done) throw new Error('the S3 server ended');
    return (value as string).slice(name.length + 1);
  };
  const exit = once(p, 'exit');
  return {
    media: `s3://media?region=us-east-1&endpoint=${await read('url')}`,
    async downloads() {
      p.stdin.write('\n');
      return Number(await read('downloads'));
    },
    async end() {
      p.stdin.end();
      await exit;
    },
  };
}
