import AgoraRTM from 'rtm-wasm';

const gateway = new URLSearchParams(location.search).get('gateway') ?? 'http://127.0.0.1:8080';
const client = AgoraRTM.createInstance('0123456789abcdef0123456789abcdef', { gateway });
const [login, send] = document.forms;
const show = (error) => (login.state.value = error.message);

client.on('ConnectionStateChanged', (state) => (login.state.value = state));

client.on('MessageFromPeer', async (message, peerId) => {
  const item = document.createElement('li');
  item.append(`${peerId}: ${message.text ?? message.fileName}`);
  document.querySelector('ol').append(item);
  if (message.messageType !== 'IMAGE') return;
  const picture = await client.downloadMedia(message.mediaId);
  item.append(Object.assign(new Image(), { src: URL.createObjectURL(picture) }));
});

login.onsubmit = (event) => {
  event.preventDefault();
  client.login({ uid: login.uid.value }).catch(show);
};

send.onsubmit = async (event) => {
  event.preventDefault();
  const [file] = send.file.files;
  try {
    const picture = await client.createMediaMessageByUploading(file, { messageType: 'IMAGE', fileName: file.name });
    await client.sendMessageToPeer(picture, send.peer.value);
  } catch (error) {
    show(error);
  }
};
