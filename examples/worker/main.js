/** The page: it has the files and the pictures, the worker has the connection. */
const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
const [login, send] = document.forms;

worker.onmessage = ({ data: { state, from, picture } }) => {
  if (state) login.state.value = state;
  if (!picture) return;
  const item = document.createElement('li');
  item.append(`${from}: `, Object.assign(new Image(), { src: URL.createObjectURL(picture) }));
  document.querySelector('ol').append(item);
};

login.onsubmit = (event) => {
  event.preventDefault();
  const gateway = new URLSearchParams(location.search).get('gateway') ?? 'http://127.0.0.1:8080';
  worker.postMessage({ gateway, uid: login.uid.value });
};

send.onsubmit = (event) => {
  event.preventDefault();
  worker.postMessage({ to: send.peer.value, file: send.file.files[0] });
};
