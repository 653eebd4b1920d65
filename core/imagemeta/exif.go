package imagemeta

import "rtmwasm/core/imagesize"

// orientationOf reads EXIF data as it stands in a picture: some writers of WebP put JPEG's
// prefix in front.
func orientationOf(tiff []byte) int {
	if hasPrefix(tiff, "Exif\x00\x00") {
		tiff = tiff[6:]
	}
	return imagesize.Orientation(tiff)
}

// onlyOrientation is EXIF data that says nothing else: a TIFF header, a directory of one
// entry (tag 0x112, one number of 16 bits), and no further directory.
func onlyOrientation(orientation int) []byte {
	return append([]byte("MM\x00*\x00\x00\x00\x08"+"\x00\x01"+"\x01\x12\x00\x03\x00\x00\x00\x01"),
		0, byte(orientation), 0, 0, 0, 0, 0, 0)
}
