package media

import (
	"bytes"
	"encoding/binary"

	"rtmwasm/core"
)

// filmType returns the type of an MP4 or QuickTime film, or "". Both consist of boxes. A box has a
// size of four bytes, which includes the header, a name of four bytes, and its content.
func filmType(first []byte) string {
	size, name, ok := box(first)
	switch {
	case !ok:
		return ""
	case name == "ftyp":
		return brandType(first[:min(size, int64(len(first)))])
	}
	// Old QuickTime films have no ftyp. Any file may have such a name by chance, so the size must be
	// right, too, and what is in the box or after it.
	switch name {
	case "moov":
		if _, inner, ok := box(first[8:]); ok && (inner == "mvhd" || inner == "cmov" || inner == "rmra") {
			return "video/quicktime"
		}
	case "mdat":
		return "video/quicktime"
	case "wide", "free", "skip", "pnot":
		if size < int64(len(first)) {
			return filmType(first[size:])
		}
	}
	return ""
}

// box reads the header of a box. Its size is at least that of the header and at most that of the largest
// upload. A box without a size ends with the file and counts as the largest.
func box(b []byte) (size int64, name string, ok bool) {
	if len(b) < 8 {
		return 0, "", false
	}
	size, name = int64(binary.BigEndian.Uint32(b)), string(b[4:8])
	least := int64(8)
	switch size {
	case 0:
		size = core.MaxMediaBytes
	case 1: // the size follows the name, in eight bytes
		if len(b) < 16 {
			return 0, "", false
		}
		size, least = int64(binary.BigEndian.Uint64(b[8:])), 16
	}
	return size, name, size >= least && size <= core.MaxMediaBytes
}

// brandType returns a film's type by the brands in its ftyp box: the file's own brand, a version, and
// the brands that the file is compatible with.
func brandType(ftyp []byte) string {
	if len(ftyp) < 12 {
		return ""
	}
	switch own := string(ftyp[8:12]); {
	case own == "qt  ":
		return "video/quicktime"
	case bytes.HasPrefix(ftyp[8:], []byte("iso")), own == "avc1", own == "dash", own == "M4V ":
		return "video/mp4"
	}
	return "" // http.DetectContentType looks for a brand that begins with mp4
}

// isMP3 reports whether the file begins with three frames of MPEG layer III. A single frame is not
// enough, because only its first eleven bits are always the same.
func isMP3(first []byte) bool {
	var kind uint32
	for n := range 3 {
		size, itsKind := mp3Frame(first)
		if size == 0 || n > 0 && itsKind != kind {
			return false
		}
		kind = itsKind
		first = first[min(size, len(first)):]
	}
	return true
}

// Bit rates of layer III in kbit/s and sample rates in Hz, by their index in the header, for MPEG 1 and
// MPEG 2. The sample rates of MPEG 2.5 are half of those of MPEG 2.
var (
	mp3BitRates = [2][16]int{
		{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0},
		{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0},
	}
	mp3SampleRates = [2][4]int{{44100, 48000, 32000, 0}, {22050, 24000, 16000, 0}}
)

// mp3Frame returns the size of the layer III frame at the beginning of b, or 0 if there is no frame.
// kind has what all frames of a file have in common: version, layer and sample rate.
func mp3Frame(b []byte) (size int, kind uint32) {
	if len(b) < 4 {
		return 0, 0
	}
	head := binary.BigEndian.Uint32(b)
	version := head >> 19 & 3 // 3 is MPEG 1, 2 is MPEG 2, 0 is MPEG 2.5
	if head&0xffe6_0000 != 0xffe2_0000 || version == 1 {
		return 0, 0
	}
	table, samples := 0, 144
	if version != 3 {
		table, samples = 1, 72
	}
	bitRate, sampleRate := mp3BitRates[table][head>>12&15], mp3SampleRates[table][head>>10&3]
	if version == 0 {
		sampleRate /= 2
	}
	if bitRate == 0 || sampleRate == 0 {
		return 0, 0
	}
	padding := int(head >> 9 & 1)
	return samples*bitRate*1000/sampleRate + padding, head & 0x001e_0c00
}
