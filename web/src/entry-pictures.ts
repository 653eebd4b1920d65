/**
 * The script that draws pictures. Its text is part of rtm.wasm. jsbridge/prepare.go runs it in a worker or on the page. In a worker it
 * answers a message. On the page it sets `prepare` of its own script element. An answer is [drawn], or [null, error text, code of
 * UploadMediaError].
 */
import { BadArgument, prepare, type Wishes } from './prepare.ts';

type Answer = [drawn: object | null, text?: string, code?: number];

async function answer(file: Blob, ...wishes: Wishes): Promise<Answer> {
  try {
    return [await prepare(file, ...wishes)];
  } catch (error) {
    return [null, String((error as Error)?.message ?? error), error instanceof BadArgument ? 2 : 1];
  }
}

if (typeof document === 'object') {
  Object.assign(document.currentScript!, { prepare: answer });
} else {
  // If a worker lacks one of these, jsbridge/prepare.go runs the script on the page.
  if (!globalThis.createImageBitmap || !new OffscreenCanvas(1, 1).convertToBlob || !new OffscreenCanvas(1, 1).getContext('2d')) throw new Error('no canvas');
  onmessage = async ({ data }: MessageEvent<[Blob, ...Wishes]>) => postMessage(await answer(...data));
}
