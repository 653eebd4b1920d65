/** What to do about a code, in Markdown: the first whose pattern fits. */
const cures: [RegExp, string][] = [
  // What is special
  [/^LOGIN_ERR_UNKNOWN/, 'the message tells the likeliest cause and its cure: the address, the gateway, its `--origins`, a proxy, the page\'s policy, the wasm. Try again, as users without a network do'],
  [/^LOGIN_ERR_REJECTED/, 'try again later; `serverCode` and the gateway\'s log tell why'],
  [/^LOGIN_ERR_INVALID_ARGUMENT/, 'the message names the argument; for a token, mint it for this uid'],
  [/INVALID_APP_ID/, 'list the app at the gateway (`--apps`), or correct the id'],
  [/^LOGIN_ERR_INVALID_TOKEN/, 'fetch a new token, minted with the app\'s certificate; an app listed without one takes none'],
  [/_TOKEN_EXPIRED/, 'fetch a new token'],
  [/^RENEW_TOKEN_ERR_INVALID_TOKEN/, 'fetch a new token; the old one stays in force'],
  [/^LOGIN_ERR_ALREADY_LOGIN/, 'log out first, also out of ABORTED; in RECONNECTING just wait'],
  [/^LOGIN_ERR_TIMEOUT/, 'try again; `preload()` fetches the wasm earlier'],
  [/^LOGIN_ERR_TOO_OFTEN/, 'wait half a second between attempts'],
  [/^LOGIN_ERR_ABORTED/, 'nothing: your code logged out'],
  [/^LOGOUT_ERR/, 'nothing: the client is logged out'],
  [/^PEER_MESSAGE_ERR_INVALID_USERID/, 'correct the id: 1 to 64 of the [allowed characters](limits.md#ids); bytes are a Uint8Array'],
  [/^(PEER|CHANNEL)_MESSAGE_ERR_INVALID_MESSAGE/, 'send a plain object of one of the four types, 32 768 bytes at most; a large text goes as a file, a large thumbnail has to shrink'],
  [/^(PEER|CHANNEL)_MESSAGE_ERR_TIMEOUT/, 'send again when CONNECTED; it may have arrived all the same'],
  [/^(PEER|CHANNEL)_MESSAGE_ERR_FAILURE/, 'complete the message; otherwise `originalError` tells'],
  [/NOT_IN_CHANNEL/, 'join first'],
  [/^JOIN_CHANNEL_ERR_EXCEED_LIMIT/, 'leave another channel'],
  [/^JOIN_CHANNEL_ERR_ALREADY_JOINED$/, 'nothing: it is joined, or about to be'],
  [/ALREADY_JOINED_CHANNEL_OF_SAME_ID/, 'keep one object for each channel, or leave the other'],
  [/^GET_CHANNEL_MEMBER_COUNT_ERR_EXCEED_LIMIT/, 'ask in groups of 32'],
  [/^UPLOAD_MEDIA_ERR_SIZE_OVERFLOW/, 'look at `file.size` before; compress or split the file'],
  [/CONCURRENCY_LIMIT/, 'wait until one of the nine has ended'],
  [/^DOWNLOAD_MEDIA_ERR_NOT_EXIST/, 'ask the sender for a new upload; show the thumbnail meanwhile'],
  [/_MEDIA_ERR_INTERRUPTED/, 'nothing, if you canceled or logged out; in ABORTED log in again and start anew'],
  [/_MEDIA_ERR_TIMEOUT/, 'start it again when the network is back; `message`, `serverCode` and `originalError` tell of the last attempt: [behind a proxy](csp-and-proxies.md#behind-a-proxy)'],
  [/^UPLOAD_MEDIA_ERR_FAILURE/, 'start it again; `serverCode` is the HTTP status, and the gateway\'s log tells more; 422: a scanner rejected the file, the message has the reason; 507: what this user or the app may store is used up until older files expire'],
  [/^DOWNLOAD_MEDIA_ERR_FAILURE/, 'start it again; `serverCode` is the HTTP status, and the gateway\'s log tells more'],
  [/^ATTRIBUTE_OPERATION_ERR_SIZE_OVERFLOW/, 'store less: attributes are for small facts; a file fits in a message'],
  [/^ATTRIBUTE_OPERATION_ERR_USER_NOT_FOUND/, 'nothing: attributes of a user end with their login'],
  [/_ERR_OVERFLOW/, 'unsubscribe from others first'],
  [/^INVITATION_API_CALL_ERR_NOT_STARTED/, 'send it first'],
  [/^INVITATION_API_CALL_ERR_ALREADY_END/, 'make a new invitation: one is good for one call'],
  [/^INVITATION_API_CALL_ERR_ALREADY/, 'nothing: it is under way; wait for its event'],
  // What is the same everywhere
  [/INVALID_ARGUMENT$/, 'correct the argument: the message names it, with what it got and what it wants'],
  [/NOT_LOGGED_IN$/, 'log in; in RECONNECTING wait for CONNECTED'],
  [/TOO_OFTEN$/, 'call less often; the call was not made, and can be repeated when the time has passed'],
  [/TIMEOUT$/, 'try again when CONNECTED'],
  [/RENEW_TOKEN_ERR_FAILURE/, 'try again'],
  [/(FAILURE|REJECTED)$/, 'try again later; the gateway\'s log tells why'],
];

export function cure(code: string): string {
  const found = cures.find(([pattern]) => pattern.test(code));
  if (!found) throw new Error(`no cure for ${code}: write one into tests/compat/cures.ts`);
  return found[1];
}
