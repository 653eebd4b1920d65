import { useState } from 'react';
import { useRtm } from './use-rtm.js';

export function Chat({ gateway }) {
  const [uid, setUid] = useState('');
  const [pictures, setPictures] = useState([]);
  const [problem, setProblem] = useState(null);
  const { client, state, error } = useRtm({
    appId: '0123456789abcdef0123456789abcdef', uid, gateway,
    async onMessage(message, from) {
      if (message.messageType !== 'IMAGE') return;
      const src = URL.createObjectURL(await client.downloadMedia(message.mediaId));
      setPictures((all) => [...all, { from, src }]);
    },
  });

  // Caught here: what a form's action throws takes the whole page down.
  async function send(form) {
    const file = form.get('file');
    try {
      const picture = await client.createMediaMessageByUploading(file, { messageType: 'IMAGE', fileName: file.name });
      await client.sendMessageToPeer(picture, form.get('peer'));
      setProblem(null);
    } catch (error) {
      setProblem(error);
    }
  }

  return (
    <>
      <form action={(form) => setUid(form.get('uid'))}>
        <input name="uid" placeholder="your name" required />
        <button>Log in</button>
        <output>{(error ?? problem)?.message ?? state}</output>
      </form>
      <form action={send}>
        <input name="peer" placeholder="to" required />
        <input name="file" type="file" accept="image/*" required />
        <button disabled={!client}>Send</button>
      </form>
      <ol>
        {pictures.map(({ from, src }) => <li key={src}>{from}: <img src={src} alt="" /></li>)}
      </ol>
    </>
  );
}
