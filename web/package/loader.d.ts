/**
 * Fetches and compiles rtm.wasm, without running it, in a page or a worker. Modules can be posted to other threads,
 * so one compilation serves all:
 *
 *     worker.postMessage(await compile());                                            // in the page
 *     onmessage = ({ data }) => AgoraRTM.setParameter('WASM_MODULE', data);           // in the worker
 *
 * Rejects with an Error whose message says what to do.
 */
export declare function compile(options?: {
  /** The address of the file. Default: the file beside this module, where bundlers put it; if there is none, the file of the gateway. */
  url?: string | URL;
  /** The address of a gateway. If there is no file beside this module, the file is loaded from this gateway. */
  gateway?: string;
  /** The hash that the file must have, such as `sha384-…`. */
  integrity?: string;
}): Promise<WebAssembly.Module>;
