import path from 'node:path';

export default {
  turbopack: { root: path.dirname(import.meta.dirname) }, // the components are in the folder beside
};
