//go:build js && wasm

package jsbridge

import (
	"github.com/hack-pad/safejs"

	"rtmwasm/core"
)

var _ core.Picture = blob{}

// DecodedSize implements core.Picture with createImageBitmap, if the page has it.
// createImageBitmap turns a picture as its EXIF says, and ignores the type of the Blob. No
// browser makes a bitmap of an SVG.
func (b blob) DecodedSize(done func(width, height uint32)) (able bool) {
	bitmap, err := callGlobal("createImageBitmap", b.v)
	if err != nil {
		return false
	}
	promise, err := call(get(safejs.Global(), "Promise"), "resolve", bitmap) // pages patch functions
	if err != nil {
		return false
	}
	await(promise, nil, func(bitmap value, err error) {
		if err != nil {
			done(0, 0)
			return
		}
		width, height := getUint32(bitmap, "width"), getUint32(bitmap, "height")
		if _, err := call(bitmap, "close"); err != nil { // frees the pixels
			width, height = 0, 0 // it is no bitmap
		}
		done(width, height)
	})
	return true
}
