/**
 * Makes a picture of a placeholder of `prepareImage`, for an `<img>` until the real one is there; stretch it to that one's size.
 * It needs nothing else of the SDK. The page's policy must allow `data:` in img-src.
 *
 * @param placeholder a ThumbHash in base64; it may come from a stranger
 * @returns a data: URL of a PNG of some 4 KB, or "" of what is no placeholder
 * @example
 * img.src = placeholderUrl(message.description);
 */
export declare function placeholderUrl(placeholder: string): string;
