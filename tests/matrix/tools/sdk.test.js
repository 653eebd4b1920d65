/** What unit tests of applications do with the package; run by each tool that has Jest. */
import AgoraRTM, { createInstance } from 'agora-rtm-sdk';
import * as namespace from 'agora-rtm-sdk';

test('import and require give the object itself, which can be spied on', () => {
  expect(require('agora-rtm-sdk')).toBe(AgoraRTM);
  expect(namespace.default).toBe(AgoraRTM);
  expect(createInstance('0'.repeat(32)).connectionState).toBe('DISCONNECTED');
  jest.spyOn(AgoraRTM, 'createInstance').mockReturnValue('spied');
  expect(AgoraRTM.createInstance()).toBe('spied');
});
