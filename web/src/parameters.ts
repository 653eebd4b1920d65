/** The parameters of the module (API 1.5), and two of our own: where the gateway and the wasm are. */
import { gatewayUrl, home, wasmUrl } from './address.ts';

const parameters = new Map<unknown, unknown>([
  ['RECONNECTING_AP_INTERVAL', 2500],
  ['RECONNECTING_AP_NUM', 2],
  ['DISABLE_MESSAGE_COMPRESSION', false],
  ['LOG_UPLOAD_INTERVAL', 3000],
  ['LOG_HANDLER', undefined],
  ['ENABLE_EDGE_AUTO_FALLBACK', true],
  ['GATEWAY', undefined],
  ['WASM_URL', undefined],
]);

/** Sets a known parameter; does nothing for an unknown one. Throws for an address that is none. */
export function setParameter(name: string, value: unknown): void {
  if (!parameters.has(name)) return;
  if (value != null) {
    if (name === 'GATEWAY') value = gatewayUrl(value);
    if (name === 'WASM_URL') value = wasmUrl(value);
  }
  parameters.set(name, value);
}

/** The value, or undefined for an unknown name. An address that was not set is the default one. */
export function getParameter(name: string): unknown {
  const value = parameters.get(name);
  if (name === 'GATEWAY') return value ?? home.gateway();
  if (name === 'WASM_URL') return value ?? home.wasm();
  return value;
}
