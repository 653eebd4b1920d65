/** A GET whose body becomes a Blob, for the Go program's global object. */

export interface FetchJob {
  response: Promise<{ status: number; header(name: string): string | null; body: Blob }>;
  abort(): void;
}

/** Makes the request; `response` settles when all of the body is there. */
export function fetchBlob(url: string, headers: Record<string, string>): FetchJob {
  const controller = new AbortController();
  const load = async () => {
    const response = await fetch(url, { headers, signal: controller.signal });
    return { status: response.status, header: (name: string) => response.headers.get(name), body: await response.blob() };
  };
  return { response: load(), abort: () => controller.abort() };
}
