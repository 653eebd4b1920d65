/**
 * Makes a picture from a placeholder of `prepareImage`. Show it in an `<img>` until the real picture is loaded, stretched to the size
 * of that picture. This module needs nothing else of the SDK. The page's policy must allow `data:` in img-src.
 *
 * @param placeholder a ThumbHash in base64; it may come from a source that you do not trust
 * @returns a data: URL of a PNG of about 4 KB, or "" if the text is not a placeholder
 * @example
 * img.src = placeholderUrl(message.description);
 */
export declare function placeholderUrl(placeholder: string): string;
