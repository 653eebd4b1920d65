/**
 * What draws pictures: its text is in rtm.wasm, and jsbridge/prepare.go runs it when a picture is first prepared. In a worker it
 * answers a message; run by a script element it gives that element `prepare`. An answer is [what was drawn], or
 * [null, what went wrong, the code of UploadMediaError].
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
  // Without these the page does it.
  if (!globalThis.createImageBitmap || !new OffscreenCanvas(1, 1).convertToBlob || !new OffscreenCanvas(1, 1).getContext('2d')) throw new Error('no canvas');
  onmessage = async ({ data }: MessageEvent<[Blob, ...Wishes]>) => postMessage(await answer(...data));
}
