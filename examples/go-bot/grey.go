package main

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	_ "image/gif"
	_ "image/jpeg"
	"image/png"
	"io"
)

// maxPixels keeps small files that claim to be huge pictures out of memory.
const maxPixels = 64 << 20

// inGrey makes a grey PNG of a GIF, JPEG or PNG.
func inGrey(r io.ReadSeeker) ([]byte, error) {
	size, _, err := image.DecodeConfig(r)
	if err != nil {
		return nil, err
	}
	if size.Width*size.Height > maxPixels {
		return nil, fmt.Errorf("%d by %d pixels are too many", size.Width, size.Height)
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	picture, _, err := image.Decode(r)
	if err != nil {
		return nil, err
	}
	grey := image.NewGray(picture.Bounds())
	draw.Draw(grey, grey.Bounds(), picture, grey.Bounds().Min, draw.Src)
	var out bytes.Buffer
	err = png.Encode(&out, grey)
	return out.Bytes(), err
}
