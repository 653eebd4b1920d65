/** The Go toolchain's wasm_exec.js, wrapped by web/build.mjs so that its globals are `scope`. */
declare module 'wasm_exec' {
  export interface Go {
    importObject: WebAssembly.Imports;
    exit(code: number): void;
    run(instance: WebAssembly.Instance): Promise<void>;
    _resume(): void;
    readonly mem: DataView;
    readonly _inst: { exports: { getsp(): number } };
    _scheduledTimeouts: Map<number, ReturnType<typeof setTimeout>>;
  }
  export default function wasmExec(scope: Record<string, unknown>, console: Partial<Console>): new () => Go;
}

/** Says which rtm.wasm belongs to this build; the file carries the same text. Its last 16 characters name the program. */
declare const RTM_STAMP: string;
/** The hash of that file, as integrity attributes have it. */
declare const RTM_INTEGRITY: string;
/** The BUILD of the exported object. */
declare const RTM_BUILD: string;
