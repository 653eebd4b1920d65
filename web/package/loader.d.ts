/**
 * Fetches and compiles rtm.wasm, without running it, in a page or a worker. Modules can be posted to other threads,
 * so one compilation serves all:
 *
 *     worker.postMessage(await compile());                                            // in the page
 *     onmessage = ({ data }) => AgoraRTM.setParameter('WASM_MODULE', data);           // in the worker
 *
 * Rejects with an Error whose message names the cure.
 */
export declare function compile(options?: {
  /** The file's address; default: beside this module, where bundlers put it, or else the gateway's. */
  url?: string | URL;
  /** A gateway's address, asked for its copy of the file if there is no file beside this module. */
  gateway?: string;
  /** Takes nothing but the file of this hash, such as `sha384-…`. */
  integrity?: string;
}): Promise<WebAssembly.Module>;
