import { useState } from 'react';
import { RtmProvider, useMedia, useRtm, useRtmEvent, useUpload } from 'rtm-wasm/react';

export function Chat({ client }) {
  const [uid, setUid] = useState('');
  return (
    <RtmProvider client={client} uid={uid}>
      <form action={(form) => setUid(form.get('uid'))}>
        <input name="uid" placeholder="your name" required />
        <button>Log in</button>
      </form>
      <Pictures />
    </RtmProvider>
  );
}

function Pictures() {
  const { client, state, error } = useRtm();
  const { upload, error: refused } = useUpload();
  const [problem, setProblem] = useState(null);
  const [pictures, setPictures] = useState([]);
  useRtmEvent('MessageFromPeer', (message, from) => {
    if (message.messageType === 'IMAGE') setPictures((all) => [...all, { from, message }]);
  });

  async function send(form) {
    const picture = await upload(form.get('file'));
    // Caught here: what a form's action throws takes the whole page down.
    if (picture) await client.sendMessageToPeer(picture, form.get('peer')).then(() => setProblem(null), setProblem);
  }

  return (
    <>
      <output>{(error ?? refused ?? problem)?.message ?? state}</output>
      <form action={send}>
        <input name="peer" placeholder="to" required />
        <input name="file" type="file" accept="image/*" required />
        <button disabled={state !== 'CONNECTED'}>Send</button>
      </form>
      <ol>
        {pictures.map(({ from, message }) => <li key={message.mediaId}>{from}: <Picture message={message} /></li>)}
      </ol>
    </>
  );
}

function Picture({ message }) {
  const { url } = useMedia(message);
  return <img src={url} alt="" />;
}
