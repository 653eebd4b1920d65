/** A request whose answer's body becomes a Blob, for the Go program's global object. */
import { isBlob } from './blob.ts';

export interface FetchJob {
  response: Promise<{ status: number; header(name: string): string | null; body: Blob }>;
  abort(): void;
}

/** Makes the request; `response` settles when all of the answer's body is there. Throws where the page can't make it. */
export function fetchBlob(url: string, headers: Record<string, string>, method = 'GET', body: Blob | null = null): FetchJob {
  const controller = new AbortController();
  // A fetch that does not know the page's Blobs, such as Node's beside jsdom, would send "[object Blob]".
  if (body && /UTF-8$/.test(new Response(body).headers.get('content-type')!)) throw new TypeError('fetch takes no Blob of this page');
  const answer = fetch(url, { method, headers, body, signal: controller.signal });
  const load = async () => {
    const response = await answer;
    const blob = await response.blob();
    return {
      status: response.status,
      header: (name: string) => response.headers.get(name),
      body: isBlob(blob) ? blob : new Blob([await (blob as Blob).arrayBuffer()]),
    };
  };
  return { response: load(), abort: () => controller.abort() };
}
