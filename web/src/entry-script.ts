/** The build for script tags, AMD and CommonJS: the wasm is beside the script, in a bundle maybe beside the bundle. */
import { defaultAddresses, pageBase, pageOrigin, parse } from './address.ts';
import AgoraRTM from './index.ts';

/** The script's own element, seen by the wrapper while it ran. */
declare const RTM_SCRIPT: HTMLScriptElement | null | undefined;
/** Whether it was loaded as CommonJS: then the element is that of a bundle. */
declare const RTM_BUNDLED: boolean | undefined;
/** What the wrapper hands out. */
declare let RTM_SDK: typeof AgoraRTM;

const src = RTM_SCRIPT && RTM_SCRIPT.src;
// A <base> of another server, even one after a deferred script, changes what src says.
const known = !RTM_BUNDLED && src && parse(RTM_SCRIPT.getAttribute('src'), pageOrigin())!.origin === parse(src)!.origin && src;
// With the hash in its address the gateway lets browsers keep the file; other servers don't mind.
defaultAddresses.wasm = () => parse(`rtm.wasm?${RTM_INTEGRITY}`, src || pageBase())?.href;
defaultAddresses.own = () => !!known;
if (RTM_SCRIPT && RTM_SCRIPT.integrity) defaultAddresses.integrity = RTM_INTEGRITY; // whoever pins the script pins the wasm
// A gateway serves the script at <address>/sdk/ and /sdk/<build>/; from anywhere else the page's own server is asked.
const gateway = known && /^(https?:\/\/[^?#]*)\/sdk\/(?:\w{16}\/)?[^/?#]*([?#]|$)/.exec(known);
if (gateway) defaultAddresses.gateway = () => gateway[1];

RTM_SDK = AgoraRTM;
