import type { Area } from '../row.ts';

export const emitter: Area = {
  title: 'Emitters',
  rows: [
    {
      member: 'emitter.on', when: 'returns the object; a listener added twice runs twice',
      works: (t) => {
        const client = t.client();
        const seen: string[] = [];
        const f = () => void seen.push('f');
        t.equal(client.on('x', f).on('x', f) === client, true);
        client.emit('x');
        t.equal(seen, ['f', 'f']);
      },
    },
    { member: 'emitter.on', when: 'the listener is not a function', class: 'TypeError', fails: (t) => () => t.client().on('MessageFromPeer') },
    { member: 'emitter.addListener', when: 'is the same as on', works: (t) => t.equal(t.client().addListener('x', () => {}).listenerCount('x'), 1) },
    {
      member: 'emitter.once', when: 'runs once; the listener can be seen and removed',
      works: (t) => {
        const channel = t.client().createChannel('c');
        let runs = 0;
        const f = () => void runs++;
        channel.once('x', f).off('x', f).once('x', f);
        t.equal(channel.listeners('x')[0] === f, true);
        channel.emit('x');
        channel.emit('x');
        t.equal(runs, 1);
      },
    },
    {
      member: 'emitter.off', when: 'removes the one that was added last',
      works: (t) => {
        const client = t.client();
        const f = () => {};
        t.equal(client.on('x', f).on('x', () => {}).on('x', f).off('x', f).listeners('x')[0] === f, true);
        t.equal(client.listenerCount('x'), 2);
      },
    },
    { member: 'emitter.removeListener', when: 'is the same as off', works: (t) => t.equal(t.client().removeListener('x', () => {}).listenerCount('x'), 0) },
    {
      member: 'emitter.removeAllListeners', when: 'of an event, or of all',
      works: (t) => {
        const client = t.client().on('x', () => {}).on('y', () => {}).on('z', () => {});
        t.equal(client.removeAllListeners('x').eventNames(), ['y', 'z']);
        t.equal(client.removeAllListeners().eventNames(), []);
      },
    },
    {
      member: 'emitter.prependListener', when: 'the listener is called before the others, also with prependOnceListener',
      works: (t) => {
        const client = t.client();
        const seen: string[] = [];
        client.on('x', () => seen.push('on')).prependListener('x', () => seen.push('first')).prependOnceListener('x', () => seen.push('once'));
        client.emit('x');
        client.emit('x');
        t.equal(seen, ['once', 'first', 'on', 'first', 'on']);
      },
    },
    { member: 'emitter.prependOnceListener', when: 'runs once, before the others', shown: 'web/test/emitter.test.ts:listeners run in order, with this and the arguments; emit returns undefined' },
    { member: 'emitter.listeners', when: 'returns a copy', shown: 'web/test/emitter.test.ts:lists of listeners are copies' },
    { member: 'emitter.rawListeners', when: 'has the wrappers of once', shown: 'web/test/emitter.test.ts:a raw listener of once can be called, and is removed by it' },
    { member: 'emitter.listenerCount', when: 'counts the listeners of an event', works: (t) => t.equal(t.client().listenerCount('x'), 0) },
    { member: 'emitter.eventNames', when: 'lists events in the order of their first listeners', works: (t) => t.equal(t.client().on('b', () => {}).on('a', () => {}).eventNames(), ['b', 'a']) },
    {
      member: 'emitter.emit', when: 'calls the present listeners at once, and returns undefined',
      works: (t) => {
        const client = t.client();
        const seen: unknown[] = [];
        client.on('x', (...args: unknown[]) => seen.push(...args));
        t.equal([client.emit('x', 1, 2) === undefined, client.emit('nothing') === undefined, seen], [true, true, [1, 2]]);
      },
    },
    {
      member: 'emitter.emit', when: 'a listener that throws is logged, the remaining ones of this emission are skipped, and the SDK goes on',
      works: async (t) => {
        const client = await t.user('a');
        let after = 0;
        client.once('MessageFromPeer', () => {
          throw new Error('a mistake of the application');
        });
        client.on('MessageFromPeer', () => void after++);
        const sender = await t.user('b');
        t.equal(await sender.sendMessageToPeer({ text: '1' }, t.id('a')), { hasPeerReceived: true });
        t.equal(await sender.sendMessageToPeer({ text: '2' }, t.id('a')), { hasPeerReceived: true });
        t.equal(after, 1);
      },
    },
    { member: 'emitter.setMaxListeners', when: 'returns the object; more listeners cause one warning', shown: 'web/test/emitter.test.ts:too many listeners are a warning, once' },
    {
      member: 'emitter.getMaxListeners', when: 'is 512 for a client and 10 for the others',
      works: (t) => t.equal([t.client().getMaxListeners(), t.client().createChannel('c').getMaxListeners()], [512, 10]),
    },
  ],
};
