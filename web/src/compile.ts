/** Fetches and compiles rtm.wasm. It rejects with an Error whose message says what to do. */

/**
 * Compiles the program at `url`. If the server's MIME type allows it, the file is compiled while it arrives. With `integrity`, in
 * the form of script tags, it accepts no other file. A cache may have an older file, a part of it, or a page or 404 that the server
 * sent during a deployment, for up to a year. So a wrong file is fetched once more, without caches.
 */
export async function compile(url: string, integrity?: string): Promise<WebAssembly.Module> {
  checkPlatform();
  try {
    return await compileOnce(url, integrity, 'default');
  } catch (error) {
    if (isPolicy(error)) throw error;
    return compileOnce(url, integrity, 'reload');
  }
}

async function compileOnce(url: string, integrity: string | undefined, cache: RequestCache): Promise<WebAssembly.Module> {
  const response = await fetch(url, { cache, integrity }).catch(async (error) => {
    // A 404 does not have the integrity either: to the page it looks like no answer.
    const answer = integrity && cache === 'reload' && (await fetch(url, { cache, method: 'HEAD' }).catch(() => undefined));
    if (answer && !answer.ok) return answer;
    throw wrap(`${url} could not be fetched: is the address right, the server up, and allowed by CORS and by connect-src of the Content-Security-Policy`
      + `${integrity ? `, and does the file have the integrity ${integrity}` : ''}?`, error);
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: rtm.wasm is not there`);
  const streams = typeof WebAssembly.compileStreaming === 'function' && /^application\/wasm\b/.test(response.headers.get('content-type') || '');
  let module;
  try {
    module = await (streams ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer()));
  } catch (error) {
    throw explain(error, url);
  }
  return checkStamp(module, url);
}

export function checkPlatform(): void {
  if (typeof WebAssembly !== 'object') {
    throw new Error('this browser has no WebAssembly, or has it switched off (iOS Lockdown Mode does)');
  }
}

/** Script and wasm of different builds may not fit together. A program without a buildId, from another build tool, is accepted. */
export function checkStamp(module: WebAssembly.Module, url: string): WebAssembly.Module {
  const [section] = WebAssembly.Module.customSections(module, 'rtm');
  const buildId = section && new TextDecoder().decode(section);
  if (section && buildId !== RTM_STAMP) throw new Error(`${url} (${buildId}) does not belong to this script (${RTM_STAMP}): deploy both files of one build`);
  return module;
}

export function explain(error: unknown, url: string): Error {
  if (/unsafe-eval|content security policy|\bCSP\b/i.test(String(error))) {
    return wrap("the page's Content-Security-Policy forbids WebAssembly: add 'wasm-unsafe-eval' to its script-src", error);
  }
  if (/CompileError/.test(String(error))) {
    return wrap(`${url} is not a WebAssembly file: does the server answer with a page where the file is missing?`, error);
  }
  return wrap(`${url} could not be started: ${error}`, error);
}

/** Whether the page may not run WebAssembly at all: then another file does not help. */
export function isPolicy(error: unknown): boolean {
  return /wasm-unsafe-eval/.test((error as Error).message);
}

function wrap(text: string, cause: unknown): Error {
  return Object.assign(new Error(text), { cause });
}
