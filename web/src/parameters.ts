/** The parameters of the module (API 1.5), and our own, such as the addresses of the gateway and the wasm. */
import { gatewayUrl, defaultAddresses, wasmUrl } from './address.ts';
import { invalidArgument, mustBe, describe } from './errors.ts';

const parameters = new Map<unknown, unknown>([
  ['RECONNECTING_AP_INTERVAL', 2500],
  ['RECONNECTING_AP_NUM', 2],
  ['DISABLE_MESSAGE_COMPRESSION', false],
  ['LOG_UPLOAD_INTERVAL', 3000],
  ['LOG_HANDLER', undefined], // a function that gets each log line of a client instead of the console
  ['ENABLE_EDGE_AUTO_FALLBACK', true],
  ['GATEWAY', undefined],
  ['VERIFY_MEDIA', true], // false: compare only the length of downloads; read when the wasm starts
  ['WASM_URL', undefined],
  ['WASM_MODULE', undefined],
  ['WASM_INTEGRITY', undefined],
]);

const checks: Record<string, (value: unknown) => unknown> = {
  GATEWAY: gatewayUrl,
  WASM_URL: wasmUrl,
  WASM_MODULE: (value) => must(String(value) === '[object WebAssembly.Module]', value, 'a WebAssembly.Module'),
  // Browsers ignore a hash that they can't read. Then they would check nothing.
  WASM_INTEGRITY: (value) => must(/^sha(256|384|512)-[\w+/]+=*$/.test(String(value)), value, 'a hash such as sha256-…'),
};

function must(right: boolean, value: unknown, what: string): unknown {
  if (!right) throw invalidArgument(1, mustBe('the value', what, value));
  return value;
}

/** Sets a parameter. Warns about an unknown name. Throws for a wrong value of one of our own parameters. */
export function setParameter(name: string, value: unknown): void {
  if (!parameters.has(name)) return console.warn(`RTM: there is no parameter ${describe(name)}`);
  const check = checks[name];
  parameters.set(name, check && value != null ? check(value) : value);
}

/** The value that the application has set, or the default of 1.4. */
export const given = (name: string): unknown => parameters.get(name);

/** The value, or undefined for an unknown name. Addresses that the application has not set are the defaults. */
export function getParameter(name: string): unknown {
  const value = given(name);
  if (name === 'GATEWAY') return value ?? defaultAddresses.gateway();
  if (name === 'WASM_URL') return value ?? defaultAddresses.wasm();
  if (name === 'WASM_INTEGRITY') return value ?? defaultAddresses.integrity;
  return value;
}
