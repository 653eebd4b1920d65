/** rtm-wasm/react: hooks for a client. They use only its public methods, and call none before a component is mounted. */
import React, { type ReactElement, type ReactNode } from 'react';
import { placeholderUrl } from './placeholder.ts';
import { Channel, channels, LEFT, MESSAGES } from './reactchannel.ts';
import { downloads, IDLE, NOT_LOADED, objectUrls, Upload, type UploadParams } from './reactmedia.ts';
import { LOGGED_OUT, sessions, type Text, type User } from './reactsession.ts';
import type { OutgoingMessage, RtmClient, SendMessageOptions } from './rtm.d.ts';

// Webpack 4 finds no other export of a CommonJS module in an .mjs file.
const { createContext, createElement, useCallback, useContext, useEffect, useMemo, useRef, useState, useSyncExternalStore } = React;

const Context = createContext<RtmClient | undefined>(undefined);

/** All exported functions are documented in react.d.ts. */
export function RtmProvider({ client, uid, token, children }: { client: RtmClient; uid?: Text; token?: User['token']; children?: ReactNode }): ReactElement {
  useShared(sessions, client, '', LOGGED_OUT);
  const latest = useRef(token);
  useEffect(() => {
    latest.current = token;
  });
  const text = typeof token === 'string' ? token : undefined;
  const fetches = typeof token === 'function';
  useEffect(() => {
    sessions.of(client).provide(uid ? { uid, token: fetches ? () => fresh(latest.current) : text } : undefined);
  }, [client, uid, text, fetches]);
  return createElement(Context.Provider, { value: client }, children);
}

function fresh(token: User['token']) {
  return typeof token === 'function' ? token() : token;
}

export function useRtm() {
  const client = useClient();
  const session = useShared(sessions, client, '', LOGGED_OUT);
  const login = useCallback((user?: User) => sessions.of(client).login(user), [client]);
  const logout = useCallback(() => sessions.of(client).logout(), [client]);
  return { client, ...session, login, logout };
}

export function useRtmEvent(name: string, listener: (...args: any[]) => void): void {
  const client = useClient();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => {
    const hear = (...args: unknown[]) => latest.current(...args);
    client.on(name as 'MessageFromPeer', hear);
    return () => void client.off(name as 'MessageFromPeer', hear);
  }, [client, name]);
}

export function useChannel(channelId: string | null | undefined, { limit = MESSAGES }: { limit?: number } = {}) {
  const client = useClient();
  const { messages, ...channel } = useShared(channels, channelId ? client : undefined, channelId!, LEFT);
  useEffect(() => {
    const shared = channelId && channels.peek(client, channelId);
    if (shared) shared.limit = Math.max(shared.limit, limit);
  }, [client, channelId, limit]);
  const send = useCallback((message: OutgoingMessage | string, options?: SendMessageOptions) => {
    const shared = channels.peek(client, channelId ?? '') ?? new Channel(client, '', () => {}); // no longer in use: the message fails
    return shared.send(message, options);
  }, [client, channelId]);
  return { ...channel, messages: useMemo(() => messages.slice(-limit), [messages, limit]), send };
}

export function useUpload() {
  const client = useClient();
  const [store] = useState(() => new Upload());
  const state = useSyncExternalStore(store.subscribe, store.get, () => IDLE);
  const previewUrl = useObjectUrl(state.file);
  const upload = useCallback((file: Blob, params?: UploadParams) => store.upload(client, file, params), [client, store]);
  return { ...state, previewUrl, upload, cancel: store.cancel, reset: store.reset };
}

interface MediaOptions {
  placeholder?: string | undefined;
  enabled?: boolean;
}

export function useMedia(media: string | { mediaId?: string | undefined; thumbnail?: Blob | undefined } | null | undefined, { placeholder = '', enabled = true }: MediaOptions = {}) {
  const client = useClient();
  const { mediaId, thumbnail = undefined } = typeof media === 'string' ? { mediaId: media } : (media ?? {});
  const { blob, progress, error } = useShared(downloads, enabled && mediaId ? client : undefined, mediaId!, NOT_LOADED);
  const full = useObjectUrl(blob);
  const small = useObjectUrl(thumbnail?.size ? thumbnail : undefined);
  const first = useMemo(() => placeholder && placeholderUrl(placeholder), [placeholder]);
  const retry = useCallback(() => (mediaId ? downloads.peek(client, mediaId)?.load() : undefined), [client, mediaId]);
  const stage: 'full' | 'thumbnail' | 'placeholder' | 'none' = full ? 'full' : small ? 'thumbnail' : first ? 'placeholder' : 'none';
  return { url: full ?? small ?? (first || undefined), stage, blob, progress, error, retry };
}

function useClient(): RtmClient {
  const client = useContext(Context);
  if (!client) throw new Error('the hooks of rtm-wasm/react need an <RtmProvider client={…}> around the component');
  return client;
}

function useObjectUrl(blob: Blob | undefined): string | undefined {
  return useShared(objectUrls, blob, '', undefined);
}

/** The methods of a Registry that useShared needs. */
interface Shares<Owner, T> {
  peek(owner: Owner, key: string): { readonly value: T } | undefined;
  of(owner: Owner, key: string): { subscribe(listener: () => void): () => void };
}

/** Returns the value for an owner and a key. It is `none` without an owner, on the server, and until the component is mounted. */
function useShared<Owner extends object, T>(registry: Shares<Owner, T>, owner: Owner | undefined, key: string, none: T): T {
  const subscribe = useCallback((listener: () => void) => (owner ? registry.of(owner, key).subscribe(listener) : () => {}), [registry, owner, key]);
  const get = () => {
    const shared = owner && registry.peek(owner, key);
    return shared ? shared.value : none;
  };
  return useSyncExternalStore(subscribe, get, () => none);
}
