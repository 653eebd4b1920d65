package core

import (
	"strconv"
	"strings"
	"time"

	"rtmwasm/core/wire"
)

// MediaURLOptions are the options of a URL of media.
type MediaURLOptions struct {
	// ExpiresIn is how long the URL works: full seconds, at most MediaLifetime; 0 means MediaURLLifetime. The URL
	// never works longer than the media is stored.
	ExpiresIn time.Duration

	// Download is the file name with which browsers save the file, at most MaxMediaURLName bytes. "" means that they
	// show the file if they can.
	Download string
}

const textNoMedia = "no such media: the id is unknown or the file has expired"

// MediaURL asks for a URL that serves media without a login, for elements of a page. The
// URL is absolute and has the gateway's address. Errors have the codes of Download.
func (c *Client) MediaURL(mediaID string, o MediaURLOptions, done func(string, *Error)) {
	defer c.enter().exit()
	done = laterWith(c, done)
	_, size, ok := parseMediaID(mediaID)
	bad := ""
	switch {
	case !ok || size == 0:
		bad = textMediaID
	case o.ExpiresIn < 0 || o.ExpiresIn > MediaLifetime || o.ExpiresIn%time.Second != 0:
		bad = "expiresIn must be 1 to " + strconv.Itoa(int(MediaLifetime/time.Second)) + " whole seconds"
	case len(o.Download) > MaxMediaURLName:
		bad = "download must be a file name of 1 to " + strconv.Itoa(MaxMediaURLName) + " bytes"
	case !c.connected():
		done("", errNotLoggedIn(DownloadMediaErrNotLoggedIn))
		return
	}
	if bad != "" {
		done("", &Error{Class: InvalidArgument, Code: DownloadMediaErrInvalidArgument, Text: bad})
		return
	}
	ask := &wire.GetMediaUrl{MediaId: mediaID, ExpiresIn: uint32(o.ExpiresIn / time.Second), Download: o.Download}
	c.read(OpMediaURL, &wire.ClientFrame{MediaUrl: ask}, func(f *wire.ServerFrame) {
		err := answerError(f, DownloadMediaErrTimeout, DownloadMediaErrConcurrencyLimitExceeded, DownloadMediaErrFailure)
		switch {
		case err != nil:
			if _, refusal := failure(f); refusal != nil && refusal.Reason == wire.Refusal_NOT_FOUND {
				err.Code, err.Text = DownloadMediaErrNotExist, textNoMedia
			}
		case !strings.HasPrefix(f.MediaPath, "/media/"):
			err = &Error{Class: Unavailable, Code: DownloadMediaErrFailure, Text: "the gateway gave no URL: it is older than the SDK"}
		default:
			done(c.gateway+f.MediaPath, nil)
			return
		}
		done("", err)
	})
}
