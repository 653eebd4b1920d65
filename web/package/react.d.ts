/**
 * Hooks for React 18 and later, on a client that `createInstance` made. They may be rendered on a server, where they log in nobody.
 *
 * What goes wrong is in `error`: the functions that hooks return never reject. They stay the same between renders.
 */
import type { ReactElement, ReactNode } from 'react';
import type {
  FileUploadParams, ImageUploadParams, MediaOperationProgress, MoreClientEvents, OutgoingMessage, ReceivedMessage, RtmClient, RtmError, RtmEvents,
  RtmStatusCode, SendMessageOptions, UploadedFileMessage, UploadedImageMessage,
} from './rtm.js';

/** Who is to be logged in. */
export interface RtmUser {
  uid: string;
  /** A token, or a function that fetches one: it is called before each login, and again before the token expires. */
  token?: string | null | undefined | (() => string | null | undefined | Promise<string | null | undefined>);
}

export interface RtmProviderProps {
  client: RtmClient;
  /**
   * Who is logged in while the provider is on the page; another uid logs the former one out, and none logs out. Leave it out to call
   * `login` yourself.
   */
  uid?: string | null | undefined;
  /** As in {@link RtmUser}. Another string renews the token of a user who is logged in. */
  token?: RtmUser['token'];
  children?: ReactNode;
}

/**
 * Gives a client to the hooks below it. One second after the last provider of a client has gone it logs out whom it, or `login`, had logged in.
 * @example
 * const client = AgoraRTM.createInstance(appId, { gateway });
 * createRoot(element).render(<RtmProvider client={client} uid="alice"><App /></RtmProvider>);
 */
export declare function RtmProvider(props: RtmProviderProps): ReactElement;

export interface Rtm {
  client: RtmClient;
  state: RtmStatusCode.ConnectionState;
  /** Of the latest change of the state. */
  reason: RtmStatusCode.ConnectionChangeReason | undefined;
  /** Whose state it is; undefined when DISCONNECTED. */
  uid: string | undefined;
  /** Why the latest login, or renewal of the token, failed. */
  error: RtmError | Error | undefined;
  /** Logs in, after logging out anybody else. Without a user the latest one again, as after an error or ABORTED. */
  login(user?: RtmUser): Promise<void>;
  logout(): Promise<void>;
}

/**
 * The client, its state, and logging in.
 * @throws {Error} there is no RtmProvider above the component; so do all hooks
 * @example
 * const { state, error, login } = useRtm();
 * return error ? <button onClick={() => login()}>Try again</button> : <p>{state}</p>;
 */
export declare function useRtm(): Rtm;

/**
 * Hears an event of the client while the component is on the page. The listener of the latest render is called.
 * @param name as for `client.on`
 * @example
 * useRtmEvent('MessageFromPeer', (message, peerId) => setLast(`${peerId}: ${message.text}`));
 */
export declare function useRtmEvent<E extends keyof (RtmEvents.RtmClientEvents & MoreClientEvents)>(name: E, listener: (RtmEvents.RtmClientEvents & MoreClientEvents)[E]): void;

/** One message of a channel's list. */
export interface ChannelEntry {
  /** A number of its own, for `key`. */
  id: number;
  message: ReceivedMessage | OutgoingMessage;
  /** The uid of the sender. */
  from: string;
  /** In ms since 1970: by the gateway's clock, of one's own messages by the page's. */
  at: number;
  /** One's own are sending, then sent or failed. */
  status: 'received' | 'sending' | 'sent' | 'failed';
  /** Why it failed. */
  error?: Error;
}

export interface Channel {
  state: 'LEFT' | 'JOINING' | 'JOINED';
  /** The uids of all who are there, oneself too, in order; above 512 some of them, as they were when one joined. */
  members: readonly string[];
  /** 0 until known. */
  memberCount: number;
  /** In order of arrival; one's own are among them from the moment of `send`. Another user's login clears it. */
  messages: readonly ChannelEntry[];
  /** Why joining failed; it is tried again every 5 s. */
  error: RtmError | Error | undefined;
  /**
   * Sends a text, or a message as `sendMessage` of a channel takes it. Resolves with the entry as it is then: `sent`, or `failed` with its error.
   * @example
   * const { status, error } = await send('hello');
   */
  send(message: OutgoingMessage | string, options?: SendMessageOptions): Promise<ChannelEntry>;
}

export interface ChannelOptions {
  /** How many of the latest messages are given. Default 200. */
  limit?: number;
}

/**
 * A channel: joined whenever the client is logged in, and left one second after the last component that uses it has gone. Components with the same id share
 * it, and its messages.
 * @param channelId as for `createChannel`; without one nothing is joined
 * @example
 * const { messages, members, send } = useChannel('garden');
 */
export declare function useChannel(channelId: string | null | undefined, options?: ChannelOptions): Channel;

export interface Upload {
  /** canceled: by `cancel`. */
  status: 'idle' | 'uploading' | 'done' | 'failed' | 'canceled';
  /** What was given to `upload` last. */
  file: Blob | undefined;
  /** Changes from percent to percent. */
  progress: MediaOperationProgress | undefined;
  /** Of an upload that is done. */
  message: UploadedFileMessage | UploadedImageMessage | undefined;
  error: RtmError | Error | undefined;
  /** Of the file, for `<img>`, `<video>` or `<audio>`; works until the next upload, `reset`, or the end of the component. */
  previewUrl: string | undefined;
  /**
   * Uploads a file, and ends the upload before. Resolves with the message to send, or undefined if it failed or was canceled.
   * @param params as for `createMediaMessageByUploading`. Unless given, fileName is the file's, and messageType IMAGE for a picture, or else FILE.
   * @example
   * const message = await upload(file, { prepare: true });
   * if (message) await send(message);
   */
  upload(file: Blob, params?: FileUploadParams | ImageUploadParams): Promise<UploadedFileMessage | UploadedImageMessage | undefined>;
  /** Ends the upload. */
  cancel(): void;
  /** Ends the upload, and forgets it. */
  reset(): void;
}

/**
 * Uploads of a component, one at a time. They end with the component.
 * @example
 * const { upload, progress, previewUrl, cancel } = useUpload();
 */
export declare function useUpload(): Upload;

export interface MediaOptions {
  /** What `prepareImage` gave as placeholder. It is shown on the server, too. */
  placeholder?: string | undefined;
  /** False: the file is not downloaded yet. Default true. */
  enabled?: boolean;
}

export interface Media {
  /** The best there is at the moment; works while the component is on the page. */
  url: string | undefined;
  /** What `url` shows. */
  stage: 'none' | 'placeholder' | 'thumbnail' | 'full';
  /** The file, when it is there. */
  blob: Blob | undefined;
  /** Changes from percent to percent. */
  progress: MediaOperationProgress | undefined;
  /** Why the download failed. Without a connection it waits for one. */
  error: RtmError | Error | undefined;
  /** Tries again after an error. */
  retry(): void;
}

/**
 * A file, from its placeholder to its thumbnail to itself. Components with the same mediaId share one download, which ends with the last of them; three
 * run at a time, and the object URLs are revoked one second after nobody uses them.
 * @param media a mediaId, or a message with a mediaId, whose thumbnail is then shown first
 * @example
 * const { url } = useMedia(message, { placeholder: message.description });
 * return <img src={url} width={message.width} height={message.height} alt="" />;
 */
export declare function useMedia(media: string | { mediaId?: string | undefined; thumbnail?: Blob | undefined } | null | undefined, options?: MediaOptions): Media;
