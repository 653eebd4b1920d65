import agora from 'agora-token';
import { createRequire } from 'node:module';

/** What token servers use, unchanged: the vendor's library mints every token of these tests. */
export const app = '0123456789abcdef0123456789abcdef';
export const certificate = 'fedcba9876543210fedcba9876543210';

/** The library's older format is not among its exports. */
const { RtmTokenBuilder: Builder006 } = createRequire(import.meta.url)('agora-token/src/RtmTokenBuilder.js') as {
  RtmTokenBuilder: { buildToken(app: string, certificate: string, account: string, role: number, expiresAt: number): string };
};

/** A 007 token, good for some seconds from now. */
export const token007 = (uid: string, seconds = 3600, signer = certificate): string => agora.RtmTokenBuilder.buildToken(app, signer, uid, seconds);

/** A 006 token, good for some seconds from now; fewer than none makes one that has expired. */
export const token006 = (uid: string, seconds = 3600, signer = certificate): string =>
  Builder006.buildToken(app, signer, uid, 1, Math.floor(Date.now() / 1000) + seconds);

/** A 007 token for calls and messages. */
export const tokenForBoth = (uid: string): string =>
  agora.RtcTokenBuilder.buildTokenWithRtm(app, certificate, 'call', uid, agora.RtcRole.PUBLISHER, 3600, 60);

/** A 007 token for calls only, as the vendor's console hands out. */
export const tokenForCalls = (uid: string): string =>
  agora.RtcTokenBuilder.buildTokenWithUserAccount(app, certificate, 'call', uid, agora.RtcRole.PUBLISHER, 3600, 3600);
