/** The exported object, and its members as named exports (API 1.2). */
import { checkLegacyAreas, setArea } from './area.ts';
import { gatewayUrl } from './address.ts';
import { isAppId } from './checks.ts';
import { RtmClient, type Config } from './client.ts';
import { CreateInstanceError } from './codes.ts';
import {
  AreaCode, ConnectionChangeReason, ConnectionState, END_CALL_PREFIX, LocalInvitationFailureReason, LocalInvitationState, LOG_FILTER_DEBUG,
  LOG_FILTER_ERROR, LOG_FILTER_INFO, LOG_FILTER_OFF, LOG_FILTER_WARNING, MessageType, PeerOnlineState, PeerSubscriptionOption,
  RemoteInvitationFailureReason, RemoteInvitationState,
} from './enums.ts';
import { invalidArgument, isRtmError, mustBe } from './errors.ts';
import { loader } from './loader.ts';
import { getParameter, setParameter } from './parameters.ts';
import { prepareImage, program } from './pictures.ts';
import { uuid } from './uuid.ts';

export * from './enums.ts';
export { getParameter, isRtmError, prepareImage, setArea, setParameter };

/** The version of the API. */
export const VERSION = '1.4.5';
export const BUILD = RTM_BUILD;
/** Made once per page load. */
export const processId = uuid();

const CONFIG_KEYS = ['enableLogUpload', 'logFilter', 'enableCloudProxy', 'gateway'];
let instances = 0;

/**
 * Makes a client (API 1.3); `new` is allowed. Config has the keys of the API and `gateway`, the
 * address of the gateway. In a browser the first call starts to load the wasm.
 */
export function createInstance(appId: string, config: Config = {}, areaCodes?: string[]): RtmClient {
  const wrong = (text: string) => invalidArgument(CreateInstanceError.CREATE_INSTANCE_ERR_INVALID_ARGUMENT, text);
  if (!isAppId(appId)) throw wrong(mustBe('appId', '32 ASCII letters and digits', appId));
  const unknown = Object.keys(config).filter((key) => !CONFIG_KEYS.includes(key));
  if (unknown.length) throw wrong(`unknown config keys: ${unknown.join(', ')}`);
  checkLegacyAreas(areaCodes);
  const full: Config = Object.assign({ enableLogUpload: false, enableCloudProxy: false }, config, { logFilter: config.logFilter ?? LOG_FILTER_INFO });
  if (full.gateway != null) full.gateway = gatewayUrl(full.gateway);
  if (!instances++ && inBrowser()) void Promise.resolve().then(() => loader.load(full.gateway)).catch(() => {}); // login tries again, and reports
  return new RtmClient(appId, full, instances, loader);
}

/** Loads the wasm before it is needed. Rejects with RtmUnavailableError 1 if that fails; login tries again. */
export async function preload(): Promise<void> {
  await program();
}

function inBrowser(): boolean {
  return typeof document === 'object' || 'WorkerGlobalScope' in globalThis;
}

/** The enums are listed by name: spreading their module would add a hundred bytes to the script. */
const AgoraRTM = {
  AreaCode, ConnectionChangeReason, ConnectionState, END_CALL_PREFIX, LocalInvitationFailureReason, LocalInvitationState, LOG_FILTER_DEBUG,
  LOG_FILTER_ERROR, LOG_FILTER_INFO, LOG_FILTER_OFF, LOG_FILTER_WARNING, MessageType, PeerOnlineState, PeerSubscriptionOption,
  RemoteInvitationFailureReason, RemoteInvitationState,
  VERSION, BUILD, processId, createInstance, setArea, setParameter, getParameter, preload, prepareImage, isRtmError,
};

/** For `AgoraRTM.default || AgoraRTM`, and for imports of the CommonJS build. */
Object.defineProperty(AgoraRTM, 'default', { value: AgoraRTM });

export default AgoraRTM;
