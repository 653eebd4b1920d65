/** Where the gateway and the wasm file are. */
import { invalidArgument, mustBe, describe } from './errors.ts';

/** Default addresses, which depend on how the SDK was loaded; the entry files set them. */
export const defaultAddresses = {
  /** Address of the wasm file that is, or may be, beside the script. */
  wasm: (): string | undefined => undefined,
  /** Whether the script itself is known to come from there. */
  own: (): boolean => false,
  /** Default address of the gateway. */
  gateway: pageOrigin,
  /** The hash that the wasm file must have, if it is checked. */
  integrity: undefined as string | undefined,
};

/** The page's origin; undefined outside a page, and if it is not a web address (files, app shells, sandboxed frames). */
export function pageOrigin(): string | undefined {
  const origin = typeof location === 'object' ? location?.origin : undefined;
  return origin && /^https?:/.test(origin) ? origin : undefined;
}

/** What relative addresses are relative to. */
export function pageBase(): string | undefined {
  const base: unknown = typeof document === 'object' && document && document.baseURI;
  if (typeof base === 'string') return base; // an <img name="baseURI"> hides it
  return typeof location === 'object' ? location?.href : undefined;
}

/**
 * Returns a gateway's address as the core expects it: absolute, http or https, without a slash at the end.
 * Throws RtmInvalidArgumentError 1 for an invalid address.
 */
export function gatewayUrl(value: unknown): string {
  if (typeof value === 'string' && /^(?!\w+:\/\/)(localhost|[^./][^/]*[.:])/.test(value)) { // a host without a scheme: URL would read it as a path or a scheme
    throw invalidArgument(1, `the gateway's address ${describe(value)} lacks its scheme: write https://${value}, or http:// where there is no TLS`);
  }
  const url = parse(value);
  const scheme = url && /^(?:http|ws)(s?):$/.exec(url.protocol);
  if (!url || !scheme || url.search || url.hash || url.username) {
    throw invalidArgument(1, mustBe('the gateway', 'an http or https address such as https://rtm.example.com', value));
  }
  return `http${scheme[1]}://${url.host}${url.pathname.replace(/\/+$/, '')}`;
}

export function wasmUrl(value: unknown): string {
  const url = parse(value);
  if (!url) throw invalidArgument(1, mustBe('WASM_URL', 'the address of rtm.wasm', value));
  return url.href;
}

export function parse(value: unknown, base = pageBase()): URL | undefined {
  if (value instanceof URL) return value;
  try {
    return typeof value === 'string' && value ? new URL(value, base) : undefined;
  } catch {
    return undefined;
  }
}
