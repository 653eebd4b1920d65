// Package scan lets a virus scanner or a web hook check uploads before anybody can read them.
// A Scanner is the mediastore.Checker of a gateway:
//
//	scanner, err := scan.New("clamd://127.0.0.1:3310", scan.Options{})
//	store, err := mediastore.New(mediastore.Options{Check: scanner, …})
//
// The URL selects one of two kinds. With clamd://HOST:PORT or clamd:///PATH the content is sent to
// a ClamAV daemon (INSTREAM). With https:// or http:// a hook gets a signed request about the upload.
// It may fetch the content from a URL of this gateway, and answers the request.
// That URL is valid only during the request.
package scan
