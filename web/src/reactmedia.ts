/** Files, for the hooks: object URLs that are revoked when no component uses them, downloads that components share, and uploads. */
import { Registry, Shared } from './reactstore.ts';
import type { FileUploadParams, ImageUploadParams, MediaOperationProgress, RtmClient, RtmError, UploadedFileMessage, UploadedImageMessage } from './rtm.d.ts';

/** An object URL of a Blob. It is revoked when no component uses it any more. */
class ObjectUrl extends Shared<string | undefined> {
  constructor(private readonly blob: Blob, private readonly ended: () => void) {
    super(undefined);
  }

  protected begin(): void {
    this.replace(URL.createObjectURL(this.blob));
  }

  protected end(): void {
    URL.revokeObjectURL(this.value!);
    this.ended();
  }
}

export const objectUrls = new Registry((blob: Blob, _key, ended) => new ObjectUrl(blob, ended));

/** How many downloads of a client run at a time. The SDK runs three tasks at a time, and refuses a tenth one. */
const DOWNLOADS = 3;
/** How long to wait before another attempt, in ms, if the application's own tasks use all nine places. */
const PLACE_CHECK = 1000;

/** Runs at most DOWNLOADS functions at a time; the others wait. */
class Turns {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= DOWNLOADS) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running++;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }
}

const turns = new WeakMap<RtmClient, Turns>();

function turnsOf(client: RtmClient): Turns {
  let of = turns.get(client);
  if (!of) turns.set(client, (of = new Turns()));
  return of;
}

/** Whether two progresses have the same percentage. */
const isSame = (a: MediaOperationProgress | undefined, b: MediaOperationProgress) => !!a && percent(a) === percent(b);
const percent = ({ currentSize, totalSize }: MediaOperationProgress) => Math.floor((currentSize * 100) / totalSize);

export interface DownloadState {
  blob: Blob | undefined;
  progress: MediaOperationProgress | undefined;
  error: Error | undefined;
}

export const NOT_LOADED: DownloadState = { blob: undefined, progress: undefined, error: undefined };

class Download extends Shared<DownloadState> {
  private abort: AbortController | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly client: RtmClient, private readonly mediaId: string, private readonly ended: () => void) {
    super(NOT_LOADED);
  }

  protected begin(): void {
    this.client.on('ConnectionStateChanged', this.load);
    this.load();
  }

  protected end(): void {
    this.client.off('ConnectionStateChanged', this.load);
    clearTimeout(this.timer);
    this.abort?.abort();
    this.ended();
  }

  /** Starts the download, also after an error. Does nothing while the client is not connected: the next connection starts it. */
  readonly load = (): void => {
    if (this.abort || this.value.blob || this.client.connectionState !== 'CONNECTED') return;
    void this.run((this.abort = new AbortController()));
  };

  private async run(abort: AbortController): Promise<void> {
    clearTimeout(this.timer);
    this.set({ error: undefined });
    try {
      const blob = await turnsOf(this.client).take(() => this.download(abort.signal));
      if (blob) this.loaded(blob);
    } catch (cause) {
      if (abort.signal.aborted) return;
      const error = cause as RtmError;
      if (error.code === 5) this.timer = setTimeout(this.load, PLACE_CHECK);
      else if (error.code !== 102 && error.name !== 'RtmInterruptedError') this.set({ error }); // after these two, the next login tries again
    } finally {
      this.abort = undefined;
    }
  }

  /** Stores the file, and stops listening for connections. */
  private loaded(blob: Blob): void {
    this.client.off('ConnectionStateChanged', this.load);
    this.set({ blob });
  }

  private async download(cancelSignal: AbortSignal): Promise<Blob | undefined> {
    if (cancelSignal.aborted) return undefined;
    return this.client.downloadMedia(this.mediaId, {
      cancelSignal,
      onOperationProgress: (progress) => isSame(this.value.progress, progress) || this.set({ progress }),
    });
  }
}

export const downloads = new Registry((client: RtmClient, mediaId, ended) => new Download(client, mediaId, ended));

type Uploaded = UploadedFileMessage | UploadedImageMessage;
export type UploadParams = FileUploadParams | ImageUploadParams;

export interface UploadState {
  status: 'idle' | 'uploading' | 'done' | 'failed' | 'canceled';
  file: Blob | undefined;
  progress: MediaOperationProgress | undefined;
  message: Uploaded | undefined;
  error: Error | undefined;
}

export const IDLE: UploadState = { status: 'idle', file: undefined, progress: undefined, message: undefined, error: undefined };

/** The uploads of one component, one at a time. They end when the component is unmounted. */
export class Upload extends Shared<UploadState> {
  private abort: AbortController | undefined;

  constructor() {
    super(IDLE, 0);
  }

  protected begin(): void {}

  protected end(): void {
    this.reset();
  }

  /** Resolves with the message, or with undefined if the upload fails or is canceled. The reason is in `error`. */
  async upload(client: RtmClient, file: Blob, params: UploadParams = {}): Promise<Uploaded | undefined> {
    this.abort?.abort();
    const abort = (this.abort = new AbortController());
    const change = (change: Partial<UploadState>) => abort === this.abort && this.set(change);
    this.set({ ...IDLE, status: 'uploading', file });
    const { name: fileName = '', type } = (file ?? {}) as Partial<File>; // the SDK refuses null
    const messageType = type?.startsWith('image/') ? 'IMAGE' : 'FILE';
    try {
      const message = await client.createMediaMessageByUploading<Uploaded>(file, { messageType, fileName, ...params } as Partial<Uploaded>, {
        cancelSignal: abort.signal,
        onOperationProgress: (progress) => isSame(this.value.progress, progress) || change({ progress }),
      });
      change({ status: 'done', message });
      return message;
    } catch (error) {
      change(abort.signal.aborted ? { status: 'canceled' } : { status: 'failed', error: error as Error });
      return undefined;
    }
  }

  readonly cancel = (): void => this.abort?.abort();

  readonly reset = (): void => {
    this.cancel();
    this.abort = undefined;
    this.set(IDLE);
  };
}
