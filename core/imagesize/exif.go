package imagesize

// turned tells whether EXIF data, a TIFF file without a picture, has an
// orientation that swaps width and height: 5 to 8.
func turned(tiff []byte) bool {
	number := be
	switch {
	case len(tiff) < 8:
		return false
	case hasPrefix(tiff, "II*\x00"):
		number = le
	case !hasPrefix(tiff, "MM\x00*"):
		return false
	}
	const short, orientation = 3, 0x112
	directory := number(tiff[4:8])
	if uint64(directory)+2 > uint64(len(tiff)) {
		return false
	}
	tiff = tiff[directory:]
	entries, tiff := number(tiff[:2]), tiff[2:]
	// An entry is tag, type, count and value, which for a short is half filled.
	for ; entries > 0 && len(tiff) >= 12; entries, tiff = entries-1, tiff[12:] {
		if number(tiff[:2]) == orientation {
			value := number(tiff[8:10])
			return number(tiff[2:4]) == short && number(tiff[4:8]) == 1 && value >= 5 && value <= 8
		}
	}
	return false
}
