/** The build for script tags, AMD and CommonJS. The wasm is beside the script or, if the script is part of a bundle, beside the bundle. */
import { defaultAddresses, pageBase, pageOrigin, parse } from './address.ts';
import AgoraRTM from './index.ts';

/** The element of the script, which the wrapper reads while the script runs. */
declare const RTM_SCRIPT: HTMLScriptElement | null | undefined;
/** Whether the script was loaded as CommonJS. Then the element is that of a bundle. */
declare const RTM_BUNDLED: boolean | undefined;
/** The object that the wrapper exports. */
declare let RTM_SDK: typeof AgoraRTM;

const src = RTM_SCRIPT && RTM_SCRIPT.src;
// A <base> of another server changes the value of src, even if it comes after a deferred script.
const known = !RTM_BUNDLED && src && parse(RTM_SCRIPT.getAttribute('src'), pageOrigin())!.origin === parse(src)!.origin && src;
// If the address has the hash, the gateway lets browsers cache the file. Other servers ignore the hash.
defaultAddresses.wasm = () => parse(`rtm.wasm?${RTM_INTEGRITY}`, src || pageBase())?.href;
defaultAddresses.own = () => !!known;
if (RTM_SCRIPT && RTM_SCRIPT.integrity) defaultAddresses.integrity = RTM_INTEGRITY; // a page that checks the script also checks the wasm
// A gateway serves the script at <address>/sdk/ and /sdk/<build>/. For a script from another place, the gateway is the page's own server.
const gateway = known && /^(https?:\/\/[^?#]*)\/sdk\/(?:\w{16}\/)?[^/?#]*([?#]|$)/.exec(known);
if (gateway) defaultAddresses.gateway = () => gateway[1];

RTM_SDK = AgoraRTM;
