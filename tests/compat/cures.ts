/** What to do about a code, in Markdown: the first whose pattern fits. */
const cures: [RegExp, string][] = [
  // What is special
  [/^LOGIN_ERR_UNKNOWN/, 'the message names the likely cause and what to do about it: the address, the gateway, its `--origins`, a proxy, the page\'s Content-Security-Policy, the wasm. If it is the user\'s network, try again later'],
  [/^LOGIN_ERR_REJECTED/, 'try again later; `serverCode` and the gateway\'s log say why'],
  [/^LOGIN_ERR_INVALID_ARGUMENT/, 'the message names the argument; a token must be made for this uid'],
  [/INVALID_APP_ID/, 'list the app at the gateway (`--apps`), or correct the id'],
  [/^LOGIN_ERR_INVALID_TOKEN/, 'fetch a new token, made with the app\'s certificate; an app without a certificate accepts no token'],
  [/_TOKEN_EXPIRED/, 'fetch a new token'],
  [/^RENEW_TOKEN_ERR_INVALID_TOKEN/, 'fetch a new token; the old one stays valid'],
  [/^LOGIN_ERR_ALREADY_LOGIN/, 'log out first, also in ABORTED; in RECONNECTING wait'],
  [/^LOGIN_ERR_TIMEOUT/, 'try again; `preload()` fetches the wasm earlier'],
  [/^LOGIN_ERR_TOO_OFTEN/, 'wait half a second between attempts'],
  [/^LOGIN_ERR_ABORTED/, 'nothing: your code logged out'],
  [/^LOGOUT_ERR/, 'nothing: the client is logged out'],
  [/^PEER_MESSAGE_ERR_INVALID_USERID/, 'correct the id: 1 to 64 of the [allowed characters](limits.md#ids); bytes are a Uint8Array'],
  [/^(PEER|CHANNEL)_MESSAGE_ERR_INVALID_MESSAGE/, 'send a plain object of one of the four types, at most 32 768 bytes; send a large text as a file, and make a large thumbnail smaller'],
  [/^(PEER|CHANNEL)_MESSAGE_ERR_TIMEOUT/, 'send again when CONNECTED; the first one may have arrived'],
  [/^(PEER|CHANNEL)_MESSAGE_ERR_FAILURE/, 'complete the message; for other causes see `originalError`'],
  [/NOT_IN_CHANNEL/, 'join first'],
  [/^JOIN_CHANNEL_ERR_EXCEED_LIMIT/, 'leave another channel'],
  [/^JOIN_CHANNEL_ERR_ALREADY_JOINED$/, 'nothing: the channel is joined, or will be soon'],
  [/ALREADY_JOINED_CHANNEL_OF_SAME_ID/, 'keep one object for each channel, or leave the other'],
  [/^GET_CHANNEL_MEMBER_COUNT_ERR_EXCEED_LIMIT/, 'ask in groups of 32'],
  [/^UPLOAD_MEDIA_ERR_SIZE_OVERFLOW/, 'check `file.size` first; compress or split the file'],
  [/CONCURRENCY_LIMIT/, 'wait until one of the nine has ended'],
  [/^DOWNLOAD_MEDIA_ERR_NOT_EXIST/, 'ask the sender for a new upload; show the thumbnail meanwhile'],
  [/_MEDIA_ERR_INTERRUPTED/, 'nothing, if you canceled or logged out; in ABORTED log in and start again'],
  [/_MEDIA_ERR_TIMEOUT/, 'start again when the network is back; `message`, `serverCode` and `originalError` are about the last attempt: see [behind a proxy](csp-and-proxies.md#behind-a-proxy)'],
  [/^UPLOAD_MEDIA_ERR_FAILURE/, 'start again; `serverCode` is the HTTP status, and the gateway\'s log has more. 422: a scanner rejected the file, the message has the reason. 507: the quota of this user or app is used up until older files expire'],
  [/^DOWNLOAD_MEDIA_ERR_FAILURE/, 'start again; `serverCode` is the HTTP status, and the gateway\'s log has more'],
  [/^ATTRIBUTE_OPERATION_ERR_SIZE_OVERFLOW/, 'store less: attributes are for short values; send a file in a message'],
  [/^ATTRIBUTE_OPERATION_ERR_USER_NOT_FOUND/, 'nothing: attributes of a user end with their login'],
  [/_ERR_OVERFLOW/, 'unsubscribe from others first'],
  [/^INVITATION_API_CALL_ERR_NOT_STARTED/, 'send it first'],
  [/^INVITATION_API_CALL_ERR_ALREADY_END/, 'make a new invitation: each is for one call'],
  [/^INVITATION_API_CALL_ERR_ALREADY/, 'nothing: it is on its way; wait for its event'],
  // What is the same everywhere
  [/INVALID_ARGUMENT$/, 'correct the argument: the message says which, what it was and what it must be'],
  [/NOT_LOGGED_IN$/, 'log in; in RECONNECTING wait for CONNECTED'],
  [/TOO_OFTEN$/, 'call less often; nothing was sent, so repeat the call when the time has passed'],
  [/TIMEOUT$/, 'try again when CONNECTED'],
  [/RENEW_TOKEN_ERR_FAILURE/, 'try again'],
  [/(FAILURE|REJECTED)$/, 'try again later; the gateway\'s log says why'],
];

export function cure(code: string): string {
  const found = cures.find(([pattern]) => pattern.test(code));
  if (!found) throw new Error(`no cure for ${code}: write one into tests/compat/cures.ts`);
  return found[1];
}
