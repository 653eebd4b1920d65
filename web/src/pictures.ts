/** Prepares pictures, for prepareImage and for `prepare` in an upload. */
import { isBlob } from './blob.ts';
import { utf8Length } from './checks.ts';
import { mustBe, rtmError } from './errors.ts';
import { unavailable } from './coreclient.ts';
import { loader } from './loader.ts';
import { A_BLOB, uploadArguments, wrong, type Upload } from './media.ts';
import { STOPPED, type Program } from './program.ts';

/** Loads the wasm, if it is not loaded yet. Rejects with RtmUnavailableError. */
export async function program(): Promise<Program> {
  try {
    return await loader.load();
  } catch (cause) {
    throw rtmError(unavailable(cause));
  }
}

/** Resolves with a PreparedImage; see rtm.d.ts. */
export async function prepareImage(file: unknown, options: Record<string, any> = {}): Promise<any> {
  if (!isBlob(file)) throw wrong(mustBe('the payload', A_BLOB, file));
  const { core, onDeath } = await program();
  return new Promise((resolve, reject) => {
    const done = (failure?: any, made?: any): void => {
      onDeath.delete(died);
      if (failure) reject(rtmError(failure));
      else resolve(made);
    };
    const died = () => done({ name: 'RtmInternalError', text: STOPPED });
    onDeath.add(died);
    core.prepare(file, options, utf8Length([options.fileName, options.description].join('')), done);
  });
}

/** Prepares the picture of an upload. Params that the application has given take precedence. */
export async function prepareUpload({ payload, handler }: Upload, params: Record<string, any>): Promise<Upload> {
  const made = await prepareImage(payload, Object.assign({}, params, params.prepare, { signal: handler.cancelSignal }));
  for (const key in params) if (params[key] !== undefined) made[key] = params[key];
  return uploadArguments(made.payload, made, handler);
}
