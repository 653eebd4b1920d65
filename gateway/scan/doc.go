// Package scan has uploads looked at by a virus scanner, or by a web hook, before anybody can
// read them. A Scanner is the mediastore.Checker of a gateway:
//
//	scanner, err := scan.New("clamd://127.0.0.1:3310", scan.Options{})
//	store, err := mediastore.New(mediastore.Options{Check: scanner, …})
//
// There are two kinds, by the URL. With clamd://HOST:PORT or clamd:///PATH content is sent to
// a ClamAV daemon (INSTREAM). With https:// or http:// a hook is told of the upload in a
// signed request, fetches the content from a URL of this gateway if it likes, and answers.
// That URL is good only while the hook is being asked.
package scan
