package imagesize

// turned reports whether EXIF data has an orientation that swaps width and height.
func turned(tiff []byte) bool { return Orientation(tiff) >= 5 }

// Orientation returns the orientation in EXIF data, which is a TIFF file without a picture. It
// says how to turn and mirror the stored picture: 1 to 8, where 5 to 8 swap width and height.
// It is 0 if the data has no orientation that browsers use.
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
	// An entry has a tag, a type, a count and a value. A short fills half of the value.
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
