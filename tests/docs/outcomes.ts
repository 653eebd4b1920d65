/** What must follow when a block has run, by the mark behind its fence. */
import { events, expect } from '../support/test.ts';
import { png } from '../support/pictures.ts';
import type { Stage } from './stage.ts';

type Outcome = (stage: Stage) => Promise<void>;

const shown = (stage: Stage) => stage.alice.evaluate(() => (window as any).shown.map(String));
const bobHears = (stage: Stage, event: string) => events(stage.bob, event);

/** Bob sends alice a picture of 40 by 30 pixels. */
function bobSendsPicture({ bob }: Stage): Promise<boolean> {
  return bob.evaluate(async (picture) => {
    const { client } = window as any;
    const blob = new Blob([Uint8Array.from(atob(picture), (c) => c.charCodeAt(0))]);
    const message = await client.createMediaMessageByUploading(blob, { messageType: 'IMAGE', fileName: 'b.png' });
    return (await client.sendMessageToPeer(message, 'alice')).hasPeerReceived;
  }, png(40, 30).toString('base64'));
}

export const outcomes: Record<string, Outcome> = {
  /** A picture that bob sends is on the page. */
  async 'shows-picture'(stage) {
    await expect.poll(() => bobSendsPicture(stage)).toBe(true);
    await expect.poll(() => stage.alice.evaluate(() => [...document.images].map((i) => i.naturalWidth))).toContain(40);
  },
  /** A picture that bob sends is handed to show. */
  async 'hands-picture'(stage) {
    await expect.poll(() => bobSendsPicture(stage)).toBe(true);
    await expect.poll(() => shown(stage)).toContain('[object Blob]');
  },
  /** Bob has got the file, as a picture. */
  async 'bob-gets-picture'(stage) {
    await expect.poll(() => bobHears(stage, 'MessageFromPeer')).toMatchObject([[{ messageType: 'IMAGE', fileName: 'view.png', width: 800, height: 600 }, 'alice', {}]]);
  },
  /** The same with a thumbnail of 320 by 240 pixels. */
  async 'bob-gets-thumbnail'(stage) {
    await outcomes['bob-gets-picture']!(stage);
    await expect.poll(() => bobHears(stage, 'MessageFromPeer')).toMatchObject([[{ thumbnailWidth: 320, thumbnailHeight: 240 }, 'alice', {}]]);
  },
  /** Something was handed to show. */
  async shows(stage) {
    await expect.poll(() => shown(stage)).not.toEqual([]);
  },
};
