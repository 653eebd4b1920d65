// Mints vendor.json with the vendor's own builders: node gateway/token/testdata/mint.mjs
// Old builders packed services in the order in which they were added; today's sort them, so
// the order is forced here. Credentials and time are those of verify_test.go.
import { createRequire } from 'node:module';
import { writeFileSync } from 'node:fs';

const require = createRequire(import.meta.url);
const agora = require('agora-token');
const v2 = require('agora-token/src/AccessToken2.js');

const app = '0123456789abcdef0123456789abcdef';
const certificate = 'fedcba9876543210fedcba9876543210';
const issued = 1_700_000_000;
Date.prototype.getTime = () => issued * 1000;

const permissions = new agora.Rtm2Permissions();
permissions.add(agora.Rtm2Permissions.kMessageChannels, agora.Rtm2Permissions.kRead, ['news', 'talk']);
permissions.add(agora.Rtm2Permissions.kUsers, agora.Rtm2Permissions.kWrite, ['bob']);
const services = {
  1: () => new v2.ServiceRtc('room', 'alice'),
  2: () => new v2.ServiceRtm('alice'),
  3: () => new v2.ServiceStreaming('room', 'alice'),
  4: () => new v2.ServiceFpa(),
  5: () => new v2.ServiceChat('alice'),
  6: () => new v2.ServiceFCdn('room', 'alice'),
  7: () => new v2.ServiceApaas('room', 'alice', 1),
  8: () => new v2.ServiceRtm2('alice', permissions),
  9: () => new v2.ServiceConvoAI(),
  10: () => new v2.ServiceStt(),
};

function inOrder(order) {
  const token = new v2.AccessToken2(app, certificate, issued, 3600);
  token.__services_for_packing = () => token.services;
  for (const type of order) {
    const service = services[type]();
    service.add_privilege(1, 3600);
    if (type === 1) service.add_privilege(2, 3600);
    token.add_service(service);
  }
  return token.build();
}

const cases = [];
const add = (name, good, token) => cases.push({ name, good, token });
const types = Object.keys(services).map(Number);
for (const other of types) {
  if (other === 2) continue;
  add(`${other}, 2`, true, inOrder([other, 2]));
  add(`2, ${other}`, true, inOrder([2, other]));
  add(`only ${other}`, false, inOrder([other]));
}
for (let i = 0; i < types.length; i++) {
  const order = [...types.slice(i), ...types.slice(0, i)];
  add(order.join(', '), true, inOrder(order));
  add(order.toReversed().join(', '), true, inOrder(order.toReversed()));
}
add('7, 2, 5', true, inOrder([7, 2, 5]));
add('RTM', true, agora.RtmTokenBuilder.buildToken(app, certificate, 'alice', 3600));
add('RTC with RTM', true, agora.RtcTokenBuilder.buildTokenWithRtm(app, certificate, 'room', 'alice', agora.RtcRole.PUBLISHER, 3600, 3600));
add('RTC with RTM, apart', true, agora.RtcTokenBuilder.buildTokenWithRtm2(app, certificate, 'room', 'alice', agora.RtcRole.PUBLISHER, 3600, 3600, 3600, 3600, 3600, 'alice', 3600));
add('aPaaS room user', true, agora.ApaasTokenBuilder.buildRoomUserToken(app, certificate, 'room', 'alice', 1, 3600));
add('education room user', true, agora.EducationTokenBuilder.buildRoomUserToken(app, certificate, 'room', 'alice', 1, 3600));
add('conversational AI', true, agora.ConvoAITokenBuilder.buildToken(app, certificate, 'room', 'alice', agora.RtcRole.PUBLISHER, 3600, 3600, 3600, 3600, 3600, 'alice', 3600));
add('education user', false, agora.EducationTokenBuilder.buildUserToken(app, certificate, 'alice', 3600));
add('education app', false, agora.EducationTokenBuilder.buildAppToken(app, certificate, 3600));
add('chat user', false, agora.ChatTokenBuilder.buildUserToken(app, certificate, 'alice', 3600));
add('FPA', false, agora.FpaTokenBuilder.buildToken(app, certificate));
writeFileSync(new URL('vendor.json', import.meta.url), JSON.stringify(cases, null, 1) + '\n');
