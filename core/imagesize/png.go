package imagesize

// pngChunks is the offset of the second chunk: after the signature (8 bytes) and IHDR (length,
// name, 13 bytes of data, checksum).
const pngChunks = 8 + 8 + 13 + 4

// chunk skips the chunks of a PNG up to EXIF. Browsers ignore EXIF after the pixels. The
// checksums are not verified.
func chunk(r *Reader, b []byte) (advance int64, need int) {
	if len(b) < 8 {
		return 0, 8
	}
	n := int64(be(b[:4]))
	switch string(b[4:8]) {
	case "IDAT":
		return 0, 0
	case "eXIf":
		end := int(min(8+n, WindowSize))
		if len(b) >= end {
			r.turned = turned(b[8:end])
		}
		return 0, end
	}
	return 8 + n + 4, 0
}
