/** For developers: a page of their own that talks with this gateway, and with the channel that is open here. */
import { byId, closeOnBackdrop, part } from './dom.js';
import { openDialog } from './navigation.js';
import { askSetup } from './setup.js';

/** @typedef {{gateway: string, appId: string, channel: string, needsToken: boolean}} Facts */

const dialog = byId('dialog', 'snippet');
const code = part(dialog, 'pre', 'code');
const copy = part(dialog, 'button', 'copy');

/** @param {() => Facts} facts asked when the panel opens */
export function startSnippet(facts) {
  for (const button of document.querySelectorAll('[data-opens="snippet"]')) {
    button.addEventListener('click', () => show(facts()));
  }
}

/** @param {Facts} facts */
function show(facts) {
  code.textContent = page(facts);
  part(dialog, 'b', 'channel').textContent = `#${facts.channel}`;
  part(dialog, 'p', 'token').hidden = !facts.needsToken;
  copy.textContent = 'Copy';
  openDialog(dialog);
  code.scrollTop = 0;
  showDocs(facts.gateway);
}

/** Links to the pages about the SDK, if the gateway says that it has them. @param {string} gateway */
async function showDocs(gateway) {
  const link = part(dialog, 'a', 'docs');
  link.href = `${gateway}/docs/`;
  link.hidden = !(await askSetup(gateway)).docs;
}

/** @param {Facts} facts */
function page({ gateway, appId, channel, needsToken }) {
  return `<!doctype html>
<meta charset="utf-8">
<title>Chat</title>
<input id="text" placeholder="Message" disabled> <input id="file" type="file" accept="image/*" disabled>
<script src="${gateway}/sdk/rtm.js"></script>
<script type="module">
  const client = AgoraRTM.createInstance(${quoted(appId)}, { gateway: ${quoted(gateway)} });
  await client.login({ uid: \`guest-\${Date.now()}\`${needsToken ? ", token: 'from your backend'" : ''} });
  const channel = client.createChannel(${quoted(channel)});
  channel.on('ChannelMessage', show);
  await channel.join();

  async function show(message, from) {
    const line = document.body.appendChild(document.createElement('p'));
    line.textContent = \`\${from}: \${message.text ?? message.fileName}\`;
    if (message.messageType !== 'IMAGE') return;
    const picture = await client.downloadMedia(message.mediaId);
    line.append(Object.assign(new Image(), { src: URL.createObjectURL(picture) }));
  }

  text.onchange = async () => {
    await channel.sendMessage({ text: text.value });
    text.value = '';
  };
  file.onchange = async () => {
    const [picture] = file.files;
    const message = await client.createMediaMessageByUploading(picture, { messageType: 'IMAGE', fileName: picture.name, prepare: true });
    await channel.sendMessage(message);
  };
  text.disabled = file.disabled = false;
</script>
`;
}

/** A text as JavaScript has it, which can't end the script around it. @param {string} text */
function quoted(text) {
  return `'${text.replace(/[\\']/g, '\\$&').replace(/</g, '\\x3c')}'`;
}

copy.onclick = async () => {
  try {
    await navigator.clipboard.writeText(code.textContent ?? '');
    copy.textContent = 'Copied';
  } catch { // a page without https has no clipboard
    getSelection()?.selectAllChildren(code);
    copy.textContent = 'Selected: press Ctrl+C';
  }
};
part(dialog, 'button', 'close').onclick = () => dialog.close();
closeOnBackdrop(dialog);
