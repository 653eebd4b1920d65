/** What the package has beside the API, each a file of its own that an application may leave out: the table names a test that shows it. */
export interface Addition {
  /** As it is imported. */
  entry: string;
  what: string;
  /** As in row.ts. */
  shown: string;
}

export const additions: Addition[] = [
  { entry: 'rtm-wasm/outbox', what: 'keeps messages and files in the browser and sends them once and in order, after a reload, a crash or a day offline', shown: 'tests/outbox.spec.ts:offline, and a gateway that is killed: each message arrives once and in order' },
  { entry: 'rtm-wasm/placeholder', what: 'makes a picture of the placeholder that prepareImage gives', shown: 'web/test/thumbhash.test.ts:a placeholder becomes a PNG of its pixels' },
  { entry: 'rtm-wasm/react', what: 'hooks for React 18 and later: login, channels, uploads and pictures, in StrictMode and on servers', shown: 'tests/react.spec.ts:a picture: its preview, placeholder, thumbnail and itself; what nobody shows is given back @everywhere' },
];
