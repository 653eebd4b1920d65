/**
 * The application that every tool builds: two users send each other a picture. It is a plain script, and ES2017, so that all
 * of them can read it; their entries call it with what `import` and `require` gave them.
 */
if (typeof window === 'object') window.start = (AgoraRTM, required) => {
  const element = (tag, parent, properties) => parent.appendChild(Object.assign(document.createElement(tag), properties));
  const login = element('form', document.body, {});
  const uid = element('input', login, { placeholder: 'your name' });
  element('button', login, { textContent: 'Log in' });
  const state = element('output', login, { textContent: 'DISCONNECTED' });
  const send = element('form', document.body, {});
  const peer = element('input', send, { placeholder: 'to' });
  const file = element('input', send, { type: 'file' });
  element('button', send, { textContent: 'Send' });
  const list = element('ol', document.body, {});

  // Each way of loading gives the object itself, whose members can be replaced.
  for (const sdk of [AgoraRTM, required]) {
    const { createInstance } = sdk;
    sdk.createInstance = (...args) => createInstance(...args);
    if (sdk.default !== sdk || sdk.VERSION !== '1.4.5' || sdk.createInstance === createInstance) throw new Error('this is not the SDK: ' + sdk);
  }

  const gateway = new URLSearchParams(window.location.search).get('gateway');
  const client = AgoraRTM.createInstance('0123456789abcdef0123456789abcdef', { gateway });
  const show = (error) => (state.value = error.message);
  client.on('ConnectionStateChanged', (name) => (state.value = name));
  client.on('MessageFromPeer', async ({ mediaId }, from) => {
    const item = element('li', list, { textContent: from });
    element('img', item, { src: URL.createObjectURL(await client.downloadMedia(mediaId)) });
  });
  login.onsubmit = (event) => {
    event.preventDefault();
    client.login({ uid: uid.value }).catch(show);
  };
  send.onsubmit = async (event) => {
    event.preventDefault();
    const [payload] = file.files;
    try {
      await client.sendMessageToPeer(await client.createMediaMessageByUploading(payload, { messageType: 'IMAGE', fileName: payload.name }), peer.value);
    } catch (error) {
      show(error);
    }
  };
};
