package imagemeta

// pngState is the state of a Stripper for a PNG.
type pngState struct {
	pixels bool  // IDAT has begun
	stride int64 // length of the last IDAT, with name and checksum
	jump   int64 // how many chunks of that length are skipped at once
}

// pngChunks are the chunks that browsers need to show a picture as it is: pixels and
// animation, transparency, colours and pixel density.
const pngChunks = "IHDRPLTEIDATIENDtRNSacTLfcTLfdATgAMAcHRMsRGBiCCPcICPmDCVcLLIsBITbKGDpHYs"

// chunk keeps the chunks in pngChunks, and all critical chunks: decoders fail if they do not know
// a critical chunk.
func chunk(s *Stripper, b []byte) {
	at := s.offset
	if len(b) < 8 {
		s.end(at)
		return
	}
	n, name := be32(b), string(b[4:8])
	end := at + 12 + n
	switch {
	case name == "IDAT":
		s.idat(at, end)
		return
	case name == "IEND":
		s.keep(at, end)
		s.end(end)
		return
	case name == "eXIf" && !s.exif && !s.png.pixels: // browsers ignore later ones
		s.readEXIF(8, 8+n, end, chunk)
		return
	case contains(pngChunks, name), b[4]&0x20 == 0: // a capital first letter: critical
		s.keep(at, end)
	default:
		s.changed = true
	}
	s.then(end, head, chunk)
}

// idat keeps pixels. Encoders cut them into chunks of the same length: thousands of them in a
// large picture. No other chunk may be between them. So idat looks 1, 2, 4, … chunks further. If
// it finds the same header there, all bytes up to that header are pixels.
func (s *Stripper) idat(at, end int64) {
	p := &s.png
	if p.pixels && end-at == p.stride {
		p.jump *= 2
	} else {
		p.jump = 1
	}
	p.pixels, p.stride = true, end-at
	s.keep(at, end)
	if p.jump < 4 {
		s.then(end, head, chunk)
		return
	}
	s.then(end+(p.jump-1)*p.stride, 8, probe)
}

// probe checks whether there is an IDAT chunk p.jump chunks after the last one that was kept.
func probe(s *Stripper, b []byte) {
	p := &s.png
	last := s.offset - (p.jump-1)*p.stride // the end of the last chunk that was kept
	if len(b) == 8 && be32(b)+12 == p.stride && string(b[4:]) == "IDAT" {
		s.keep(last, s.offset)
		s.idat(s.offset, s.offset+p.stride)
		return
	}
	p.jump = 1
	s.then(last, head, chunk)
}

// pngChunk returns a chunk with its length and checksum.
func pngChunk(name, data string) string {
	return be32s(uint32(len(data))) + name + data + be32s(checksum(name+data))
}

// be32s returns a number as 4 big-endian bytes.
func be32s(n uint32) string {
	return string([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

// checksum returns the CRC-32 of PNG. The package hash/crc32 would add a table and more code to
// the wasm, for a few bytes of input.
func checksum(b string) uint32 {
	sum := ^uint32(0)
	for i := range len(b) {
		sum ^= uint32(b[i])
		for range 8 {
			sum = sum>>1 ^ 0xedb88320&-(sum&1)
		}
	}
	return ^sum
}
