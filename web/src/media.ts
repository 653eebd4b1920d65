/** The arguments of createMediaMessageByUploading, downloadMedia (API 7.1, 7.4) and getMediaUrl, and the signal that ends a task. */
import type { Progress, UploadParams, Uploaded } from './bridge.ts';
import { isBlob } from './blob.ts';
import { isPlainObject } from './checks.ts';
import { UploadMediaError } from './codes.ts';
import { invalidArgument, mustBe } from './errors.ts';
import type { Log } from './log.ts';
import { DIMENSIONS, withAlias } from './messages.ts';

export const A_BLOB = 'a Blob or a File, not a Proxy of one';

interface Signal {
  aborted?: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener?(type: 'abort', listener: () => void): void;
}

/** The transfer handler of the API, checked. */
export interface Handler {
  cancelSignal?: Signal | null | undefined;
  onOperationProgress?: ((progress: { currentSize: number; totalSize: number }) => void) | null | undefined;
}

/** An upload ready for the core, and what its message is made of. */
export interface Upload {
  payload: Blob;
  params: UploadParams;
  handler: Handler;
  /** The message that the call resolves with, its keys in the order of API 7.1. */
  message(uploaded: Uploaded): object;
}

/** Upload and download have their own enum; "invalid argument" is the same number in both. */
export function wrong(text: string): Error {
  return invalidArgument(UploadMediaError.UPLOAD_MEDIA_ERR_INVALID_ARGUMENT, text);
}

function mustBeString(value: unknown, field: string): asserts value is string {
  if (typeof value !== 'string') throw wrong(mustBe(field, 'a string', value));
}

/**
 * Checks the arguments of an upload. The transfer handler may also stand in second place,
 * alone or mixed with the params (API 15, row 3); of two handlers the third argument wins. A missing messageType is inferred (row 4).
 */
export function uploadArguments(payload: unknown, params: unknown, third: unknown): Upload {
  if (!isPlainObject(params)) throw wrong(mustBe('params', 'a plain object', params));
  const imageKey = DIMENSIONS.find((key) => key in params) || (params.prepare && 'prepare');
  const { messageType = imageKey ? 'IMAGE' : 'FILE', fileName = '', description = '', thumbnail } = params;
  mustBeString(messageType, 'messageType');
  mustBeString(description, 'description');
  mustBeString(fileName, 'fileName');
  if (thumbnail !== undefined && !isBlob(thumbnail)) throw wrong(mustBe('thumbnail', A_BLOB, thumbnail));
  if (!isBlob(payload)) throw wrong(mustBe('the payload', A_BLOB, payload));
  if (messageType === 'FILE' ? imageKey : messageType !== 'IMAGE') {
    throw wrong(imageKey && messageType === 'FILE' ? `${imageKey} is for messageType IMAGE only` : mustBe('messageType', 'IMAGE or FILE', messageType));
  }
  const image = messageType === 'IMAGE';
  const { size } = payload;
  return {
    payload,
    handler: handlerArgument(third, params),
    params: image ? imageParams(params, thumbnail) : { image },
    message: ({ mediaId, width, height, thumbnailWidth, thumbnailHeight }) => withAlias(
      image
        ? { height, width, fileName, size, description, thumbnail, messageType, thumbnailWidth, thumbnailHeight, mediaId }
        : { fileName, size, description, mediaId, thumbnail, messageType },
    ),
  };
}

function imageParams(params: Record<string, unknown>, thumbnail: Blob | undefined): UploadParams {
  const out: UploadParams = { image: true };
  if (thumbnail) out.thumbnail = thumbnail;
  for (const key of DIMENSIONS) {
    const value = params[key];
    if (value === undefined) continue;
    if (typeof value !== 'number') out.faultText ??= mustBe(key, 'a number', value);
    else if (value > 0) out[key] = value;
  }
  return out;
}

/** Checks a transfer handler; null is a TypeError, as in the API. What it lacks is taken from the params. */
export function handlerArgument(given: unknown, params: Record<string, any> = {}): Handler {
  const handler = (given === undefined ? {} : given) as Record<string, any>;
  const cancelSignal = handler.cancelSignal ?? params.cancelSignal;
  const onOperationProgress = handler.onOperationProgress ?? params.onOperationProgress;
  if (cancelSignal != null && typeof cancelSignal.addEventListener !== 'function') {
    throw wrong(mustBe('cancelSignal', 'an AbortSignal', cancelSignal));
  }
  if (onOperationProgress != null && typeof onOperationProgress !== 'function') {
    throw wrong(mustBe('onOperationProgress', 'a function', onOperationProgress));
  }
  return { cancelSignal, onOperationProgress };
}

export function mediaIdArgument(mediaId: unknown): string {
  mustBeString(mediaId, 'mediaId');
  return mediaId.slice(0, 999); // longer than any valid id
}

export interface MediaUrlOptions {
  expiresIn?: number;
  download?: string;
}

/** The options of getMediaUrl for the core; null is a TypeError. The core checks the limits: values over them are cut, but stay over them. */
export function mediaUrlArguments({ expiresIn, download }: MediaUrlOptions): [expiresIn: number, download: string] {
  if (expiresIn !== undefined && !(Number.isInteger(expiresIn) && expiresIn > 0)) throw wrong(mustBe('expiresIn', 'a positive whole number of seconds', expiresIn));
  if (download !== undefined) {
    mustBeString(download, 'download');
    if (!download) throw wrong('download must not be empty: leave it out to show the media');
  }
  return [Math.min(expiresIn || 0, 1e9), download ? download.slice(0, 999) : ''];
}

/** Connects a transfer handler with one task, from the call to its end. */
export class TransferControl {
  private _cancel: (() => void) | undefined;
  private _aborted: boolean;
  private _over = false;

  constructor(private _handler: Handler, private readonly _log: Log) {
    const signal = _handler.cancelSignal;
    this._aborted = !!signal && !!signal.aborted;
    if (signal) signal.addEventListener('abort', this._onAbort);
  }

  private readonly _onAbort = (): void => {
    this._aborted = true;
    if (this._cancel) this._cancel();
  };

  readonly progress: Progress = (currentSize, totalSize) => {
    if (this._over) return;
    try {
      this._handler.onOperationProgress?.({ currentSize, totalSize });
    } catch (error) {
      this._log.error('onOperationProgress threw', error);
    }
  };

  /** The core has the task, so cancel works from now on; at once if the signal came before. */
  begun(cancel: () => void): void {
    if (this._over) return;
    this._cancel = cancel;
    if (this._aborted) cancel();
  }

  end = (): void => {
    this._over = true;
    this._handler.cancelSignal?.removeEventListener?.('abort', this._onAbort);
    this._handler = {}; // Go may keep progress for a long time
    this._cancel = undefined;
  };
}
