/**
 * Hooks for React 18 and later, for a client that `createInstance` made. They may be rendered on a server. There they do not log in.
 *
 * The functions that hooks return never reject: failures are in `error`. A function is the same in all renders.
 */
import type { ReactElement, ReactNode } from 'react';
import type {
  FileUploadParams, ImageUploadParams, MediaOperationProgress, MoreClientEvents, OutgoingMessage, ReceivedMessage, RtmClient, RtmError, RtmEvents,
  RtmStatusCode, SendMessageOptions, UploadedFileMessage, UploadedImageMessage,
} from './rtm.js';

/** A user to log in. */
export interface RtmUser {
  uid: string;
  /** A token, or a function that fetches one. The function is called before each login, and again before the token expires. */
  token?: string | null | undefined | (() => string | null | undefined | Promise<string | null | undefined>);
}

export interface RtmProviderProps {
  client: RtmClient;
  /**
   * The user who is logged in while the provider is mounted. If it changes, the old user is logged out first. If it becomes empty,
   * the user is logged out. Leave it out to call `login` yourself.
   */
  uid?: string | null | undefined;
  /** As in {@link RtmUser}. Another string renews the token of a user who is logged in. */
  token?: RtmUser['token'];
  children?: ReactNode;
}

/**
 * Gives a client to the hooks below it. One second after the last provider of a client is unmounted, the user is logged out.
 * @example
 * const client = AgoraRTM.createInstance(appId, { gateway });
 * createRoot(element).render(<RtmProvider client={client} uid="alice"><App /></RtmProvider>);
 */
export declare function RtmProvider(props: RtmProviderProps): ReactElement;

export interface Rtm {
  client: RtmClient;
  state: RtmStatusCode.ConnectionState;
  /** The reason for the latest change of the state. */
  reason: RtmStatusCode.ConnectionChangeReason | undefined;
  /** The user of the session; undefined when DISCONNECTED. */
  uid: string | undefined;
  /** The reason why the latest login, or renewal of the token, failed. */
  error: RtmError | Error | undefined;
  /** Logs in. Another user is logged out first. Without an argument it logs in the latest user again, for example after an error or ABORTED. */
  login(user?: RtmUser): Promise<void>;
  logout(): Promise<void>;
}

/**
 * The client, its state, and logging in.
 * @throws {Error} there is no RtmProvider above the component; all hooks throw it
 * @example
 * const { state, error, login } = useRtm();
 * return error ? <button onClick={() => login()}>Try again</button> : <p>{state}</p>;
 */
export declare function useRtm(): Rtm;

/**
 * Listens to an event of the client while the component is mounted. The listener of the latest render is called.
 * @param name as for `client.on`
 * @example
 * useRtmEvent('MessageFromPeer', (message, peerId) => setLast(`${peerId}: ${message.text}`));
 */
export declare function useRtmEvent<E extends keyof (RtmEvents.RtmClientEvents & MoreClientEvents)>(name: E, listener: (RtmEvents.RtmClientEvents & MoreClientEvents)[E]): void;

/** One message of a channel's list. */
export interface ChannelEntry {
  /** A unique number, for `key`. */
  id: number;
  message: ReceivedMessage | OutgoingMessage;
  /** The uid of the sender. */
  from: string;
  /** In ms since 1970. It is the gateway's clock, or the page's clock for messages of this user. */
  at: number;
  /** Messages of this user are first `sending`, then `sent` or `failed`. */
  status: 'received' | 'sending' | 'sent' | 'failed';
  /** The reason why sending failed. */
  error?: Error;
}

export interface Channel {
  state: 'LEFT' | 'JOINING' | 'JOINED';
  /** The sorted uids of all members, including this user. In channels with more than 512 members it has some of them, as of the time of joining. */
  members: readonly string[];
  /** 0 until known. */
  memberCount: number;
  /** In order of arrival. Messages of this user are added when `send` is called. The login of another user clears the list. */
  messages: readonly ChannelEntry[];
  /** The reason why joining failed. The hook tries again every 5 s. */
  error: RtmError | Error | undefined;
  /**
   * Sends a text, or a message like those of `RtmChannel.sendMessage`. Resolves with the entry, which is then `sent`, or `failed` with its error.
   * @example
   * const { status, error } = await send('hello');
   */
  send(message: OutgoingMessage | string, options?: SendMessageOptions): Promise<ChannelEntry>;
}

export interface ChannelOptions {
  /** How many of the latest messages the list has. Default 200. */
  limit?: number;
}

/**
 * A channel. The hook joins it when the client is logged in, and leaves it one second after the last component that uses it is unmounted. Components with
 * the same id share the channel and its messages.
 * @param channelId as for `createChannel`; without an id the hook joins nothing
 * @example
 * const { messages, members, send } = useChannel('garden');
 */
export declare function useChannel(channelId: string | null | undefined, options?: ChannelOptions): Channel;

export interface Upload {
  /** `canceled` after `cancel`. */
  status: 'idle' | 'uploading' | 'done' | 'failed' | 'canceled';
  /** The file of the latest `upload`. */
  file: Blob | undefined;
  /** Changes from percent to percent. */
  progress: MediaOperationProgress | undefined;
  /** The message to send, when the upload is done. */
  message: UploadedFileMessage | UploadedImageMessage | undefined;
  error: RtmError | Error | undefined;
  /** A URL of the file, for `<img>`, `<video>` or `<audio>`. It is valid until the next upload, `reset`, or the end of the component. */
  previewUrl: string | undefined;
  /**
   * Uploads a file. Cancels an upload that still runs. Resolves with the message to send, or undefined if the upload failed or was canceled.
   * @param params as for `createMediaMessageByUploading`. By default, fileName is the name of the file, and messageType is IMAGE for pictures, otherwise FILE.
   * @example
   * const message = await upload(file, { prepare: true });
   * if (message) await send(message);
   */
  upload(file: Blob, params?: FileUploadParams | ImageUploadParams): Promise<UploadedFileMessage | UploadedImageMessage | undefined>;
  /** Cancels the upload. */
  cancel(): void;
  /** Cancels the upload, and sets the state to `idle`. */
  reset(): void;
}

/**
 * Uploads of a component, one at a time. They end with the component.
 * @example
 * const { upload, progress, previewUrl, cancel } = useUpload();
 */
export declare function useUpload(): Upload;

export interface MediaOptions {
  /** The placeholder from `prepareImage`. It is shown on the server, too. */
  placeholder?: string | undefined;
  /** False: the file is not downloaded yet. Default true. */
  enabled?: boolean;
}

export interface Media {
  /** A URL of the best version that is loaded. It is valid while the component is mounted. */
  url: string | undefined;
  /** The version that `url` shows. */
  stage: 'none' | 'placeholder' | 'thumbnail' | 'full';
  /** The file, when it is downloaded. */
  blob: Blob | undefined;
  /** Changes from percent to percent. */
  progress: MediaOperationProgress | undefined;
  /** The reason why the download failed. Without a connection the download waits for one. */
  error: RtmError | Error | undefined;
  /** Tries again after an error. */
  retry(): void;
}

/**
 * A file: first its placeholder, then its thumbnail, then the file itself. Components with the same mediaId share one download, which ends with the last of
 * them. Three downloads run at a time. Object URLs are revoked one second after the last component stops using them.
 * @param media a mediaId, or a message with a mediaId; the thumbnail of the message is shown first
 * @example
 * const { url } = useMedia(message, { placeholder: message.description });
 * return <img src={url} width={message.width} height={message.height} alt="" />;
 */
export declare function useMedia(media: string | { mediaId?: string | undefined; thumbnail?: Blob | undefined } | null | undefined, options?: MediaOptions): Media;
