/**
 * The application of react.spec.ts: hooks in StrictMode. The spec sets the props (window.show) and reads the values of the latest render
 * (window.seen); window.counts counts what must not happen twice, and what must be given back.
 */
import { StrictMode, useEffect, useState } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { RtmProvider, useChannel, useMedia, useRtm, useRtmEvent, useUpload } from 'rtm-wasm/react';

const w = window as any;
const { client } = w;
w.seen = {};
w.counts = { login: 0, logout: 0, join: 0, leave: 0, download: 0, urls: 0, renders: 0 };
const count = (object: any, method: string, name: string) => {
  const original = object[method];
  object[method] = function (this: any, ...args: any[]) {
    w.counts[name]++;
    return original.apply(this, args);
  };
};
count(client, 'login', 'login');
count(client, 'logoutSync', 'logout');
count(client, 'downloadMedia', 'download');
const urls = new Set();
const { createObjectURL, revokeObjectURL } = URL;
URL.createObjectURL = (blob: Blob) => {
  const url = createObjectURL.call(URL, blob);
  if (!/javascript/.test(blob.type)) w.counts.urls = urls.add(url).size; // the SDK's workers
  return url;
};
URL.revokeObjectURL = (url: string) => {
  if (urls.delete(url)) w.counts.urls = urls.size;
  revokeObjectURL.call(URL, url);
};
const { createChannel } = client;
client.createChannel = (id: string) => {
  const channel = createChannel.call(client, id);
  count(channel, 'join', 'join');
  count(channel, 'leave', 'leave');
  return channel;
};

function Session() {
  const rtm = useRtm();
  w.counts.renders++;
  w.seen.rtm = rtm;
  useRtmEvent('MessageFromPeer', (message: any, peerId: string) => (w.seen.peer = [peerId, message.text]));
  return <output>{rtm.state}</output>;
}

function Room({ id, as, limit }: { id: string; as: string; limit?: number }) {
  const channel = useChannel(id, { limit });
  w.seen[as] = channel;
  const status = channel.messages.at(-1)?.status;
  useEffect(() => {
    if (status) (w.seen[`${as} statuses`] ??= []).push(status);
  }, [status]);
  return null;
}

function Sender() {
  w.seen.upload = useUpload();
  return w.seen.upload.previewUrl ? <img id="preview" src={w.seen.upload.previewUrl} /> : null;
}

function Picture({ message, placeholder, as }: any) {
  const media = useMedia(message, { placeholder });
  w.seen[as] = media;
  useEffect(() => {
    (w.seen[`${as} stages`] ??= []).push(media.stage);
  }, [media.stage]);
  return <img className="picture" src={media.url} />;
}

function App() {
  const [{ mounted = true, uid, token, rooms = {}, pictures = {} }, set] = useState<any>({});
  w.show = (change: object) => flushSync(() => set((props: object) => ({ ...props, ...change })));
  if (!mounted) return null;
  return (
    <RtmProvider client={client} uid={uid} token={token}>
      <Session />
      <Sender />
      {Object.entries<any>(rooms).map(([as, room]) => <Room key={as} as={as} {...room} />)}
      {Object.entries<any>(pictures).map(([as, picture]) => <Picture key={as} as={as} {...picture} />)}
    </RtmProvider>
  );
}

w.root = createRoot(document.querySelector('main')!);
w.root.render(<StrictMode><App /></StrictMode>);
