import path from 'node:path';

export default {
  turbopack: { root: path.dirname(import.meta.dirname) }, // the hook is in the folder beside
};
