package imagesize

// turned tells whether EXIF data has an orientation that swaps width and height.
func turned(tiff []byte) bool { return Orientation(tiff) >= 5 }

// Orientation is what EXIF data, a TIFF file without a picture, says of how the stored
// picture is to be turned and mirrored before it is shown: 1 to 8, of which 5 to 8 swap
// width and height. It is 0 where the data says nothing that browsers heed.
func Orientation(tiff []byte) int {
	number := be
	switch {
	case len(tiff) < 8:
		return 0
	case hasPrefix(tiff, "II*\x00"):
		number = le
	case !hasPrefix(tiff, "MM\x00*"):
		return 0
	}
	const short, orientation = 3, 0x112
	directory := number(tiff[4:8])
	if uint64(directory)+2 > uint64(len(tiff)) {
		return 0
	}
	tiff = tiff[directory:]
	entries, tiff := number(tiff[:2]), tiff[2:]
	// An entry is tag, type, count and value, which for a short is half filled.
	for ; entries > 0 && len(tiff) >= 12; entries, tiff = entries-1, tiff[12:] {
		if number(tiff[:2]) == orientation {
			value := number(tiff[8:10])
			if number(tiff[2:4]) == short && number(tiff[4:8]) == 1 && value <= 8 {
				return int(value)
			}
			return 0
		}
	}
	return 0
}
