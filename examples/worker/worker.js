import AgoraRTM from 'rtm-wasm';

let client;

async function login({ gateway, uid }) {
  client = AgoraRTM.createInstance('0123456789abcdef0123456789abcdef', { gateway });
  client.on('ConnectionStateChanged', (state) => postMessage({ state }));
  client.on('MessageFromPeer', async (message, from) => {
    if (message.messageType === 'IMAGE') postMessage({ from, picture: await client.downloadMedia(message.mediaId) });
  });
  await client.login({ uid });
}

async function send({ to, file }) {
  const picture = await client.createMediaMessageByUploading(file, { messageType: 'IMAGE', fileName: file.name });
  await client.sendMessageToPeer(picture, to);
}

onmessage = ({ data }) => (data.uid ? login(data) : send(data)).catch((error) => postMessage({ state: error.message }));
