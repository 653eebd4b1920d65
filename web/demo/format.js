/** Numbers and names as people read them. */

/** @param {number} size in bytes */
export function bytes(size) {
  if (size < 1024) return `${size} B`;
  const units = ['KB', 'MB', 'GB'];
  let value = size / 1024;
  while (value >= 1000 && units.length > 1) {
    value /= 1024;
    units.shift();
  }
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} ${units[0]}`;
}

/** @param {number} time in ms since 1970 */
export function clock(time) {
  return new Date(time).toLocaleTimeString([], { hour: 'numeric', minute: '2-digit' });
}

/** The year of a time, unless it is this one. @param {number} time in ms since 1970 */
function year(time) {
  return /** @type {const} */ ({ year: new Date(time).getFullYear() === new Date().getFullYear() ? undefined : 'numeric' });
}

/** The day of a time, in full. @param {number} time in ms since 1970 */
export function day(time) {
  return new Date(time).toLocaleDateString([], { weekday: 'long', day: 'numeric', month: 'long', ...year(time) });
}

/** When something was, in a few letters: today's time, or else the day. @param {number} time in ms since 1970 */
export function when(time) {
  return day(time) === day(Date.now()) ? clock(time) : new Date(time).toLocaleDateString([], { day: 'numeric', month: 'short', ...year(time) });
}

/** @param {number} seconds */
export function duration(seconds) {
  return seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
}

/** @param {number} count */
export function people(count) {
  return count === 1 ? '1 person' : `${count} people`;
}

/**
 * A file name from elsewhere, without control characters and without the marks that turn
 * text round, which make "exe.gpj" look like "jpg.exe" and the other way.
 * @param {string} name
 * @param {string} fallback for a name with nothing left
 */
export function fileName(name, fallback = 'file') {
  return name.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '').trim() || fallback;
}

const kinds = {
  image: /\.(png|jpe?g|gif|webp|bmp|avif|heic|svg|tiff?)$/i,
  audio: /\.(mp3|m4a|aac|wav|ogg|opus|flac)$/i,
  video: /\.(mp4|m4v|mov|webm|mkv|avi)$/i,
  archive: /\.(zip|gz|tgz|br|xz|zst|7z|rar|tar|bz2)$/i,
  text: /\.(txt|md|csv|log|pdf|docx?|odt|rtf|xlsx?|ods|pptx?|odp|html?|json|xml|ya?ml|[jt]sx?|css|go|py|rs|c|h|java|sh)$/i,
};

/**
 * The symbol that fits a file.
 * @param {string} name
 */
export function fileIcon(name) {
  return Object.entries(kinds).find(([, pattern]) => pattern.test(name))?.[0] ?? 'file';
}

/**
 * The start of a file name, which may be cut short, and the end with its extension.
 * @param {string} name
 */
export function nameParts(name) {
  const letters = [...name];
  const dot = letters.lastIndexOf('.');
  const end = dot > 0 && letters.length - dot <= 8 ? Math.max(0, dot - 4) : Math.max(0, letters.length - 6);
  return /** @type {const} */ ([letters.slice(0, end).join(''), letters.slice(end).join('')]);
}
