/** The program of 1.4 that is copied most: whenever a member comes or goes, the list is asked for and shown. */
import { test, expect, join } from './support/test.ts';

test('a page that asks for the members on each coming and going shows the right list', async ({ openUser, openPage, run }) => {
  const page = await openUser(`me-${run}`);
  await join(page, `room-${run}`);
  await page.evaluate(() => {
    const w = window as any;
    w.errors = [];
    w.asked = 0;
    const refresh = () => {
      w.asked++;
      w.channel.getMembers().then((list: string[]) => (w.shown = list), (error: any) => w.errors.push(`${error.name} ${error.code}`));
    };
    w.channel.on('MemberJoined', refresh);
    w.channel.on('MemberLeft', refresh);
  });

  const others = await openPage();
  const stay = await others.evaluate(
    async ({ run, appId }) => {
      const { AgoraRTM } = window as any;
      await AgoraRTM.preload();
      const users = Array.from({ length: 9 }, (_, i) => `user${i}-${run}`);
      const channels = await Promise.all(users.map(async (uid) => {
        const client = AgoraRTM.createInstance(appId);
        await client.login({ uid });
        return client.createChannel(`room-${run}`);
      }));
      await Promise.all(channels.map((channel: any) => channel.join())); // at once: far more than 5 in 2 s
      await Promise.all(channels.slice(0, 4).map((channel: any) => channel.leave()));
      return users.slice(4);
    },
    { run, appId: 'A0'.repeat(16) },
  );
  await expect.poll(() => page.evaluate(() => [...((window as any).shown ?? [])].sort())).toEqual([`me-${run}`, ...stay].sort());
  expect(await page.evaluate(() => (window as any).errors)).toEqual([]);
  expect(await page.evaluate(() => (window as any).asked)).toBe(13);
});
