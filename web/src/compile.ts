/** Fetches and compiles rtm.wasm. What it rejects with is an Error whose message names the cure. */

/**
 * Compiles the program at `url`, while it arrives where the server's MIME type allows. With
 * `integrity`, in the form of script tags, nothing else than that file is taken.
 */
export async function compile(url: string, integrity?: string, cache: RequestCache = 'default'): Promise<WebAssembly.Module> {
  checkPlatform();
  // A cache may still have the file of the last deployment.
  const anew = cache === 'default' ? () => compile(url, integrity, 'reload') : undefined;
  let response;
  try {
    response = await fetch(url, { cache, integrity });
  } catch (error) {
    if (integrity && anew) return anew();
    throw wrap(`${url} could not be fetched: is the address right, the server up, and allowed by CORS and by connect-src of the Content-Security-Policy`
      + `${integrity ? `, and does the file have the integrity ${integrity}` : ''}?`, error);
  }
  if (!response.ok) {
    throw new Error(`${url} answered ${response.status}: put rtm.wasm beside the script, or call setParameter('WASM_URL', url)`);
  }
  const streams = typeof WebAssembly.compileStreaming === 'function' && /^application\/wasm\b/.test(response.headers.get('content-type') ?? '');
  let module;
  try {
    module = await (streams ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer()));
  } catch (error) {
    throw explain(error, url);
  }
  if (anew && mismatch(module)) return anew();
  return checkStamp(module, url);
}

export function checkPlatform(): void {
  if (typeof WebAssembly !== 'object') {
    throw new Error('this browser has no WebAssembly, or has it switched off (iOS Lockdown Mode does)');
  }
}

/** Script and wasm of different builds need not understand each other. */
export function checkStamp(module: WebAssembly.Module, url: string): WebAssembly.Module {
  const stamp = mismatch(module);
  if (stamp) throw new Error(`${url} (${stamp}) does not belong to this script (${RTM_STAMP}): deploy both files of one build`);
  return module;
}

/** The stamp of another build. A program built by other means has no stamp, and is taken. */
function mismatch(module: WebAssembly.Module): string | undefined {
  const [section] = WebAssembly.Module.customSections(module, 'rtm');
  const stamp = section && new TextDecoder().decode(section);
  return stamp === RTM_STAMP ? undefined : stamp;
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

function wrap(text: string, cause: unknown): Error {
  return Object.assign(new Error(text), { cause });
}
