// Package media serves the files that image and file messages point to, under
// /media/: uploads by the tus 1.0 protocol (creation, creation-with-upload,
// termination, expiration; any tus client can talk to it) and by the drafts of the
// IETF's resumable uploads, and downloads with ranges, a strong ETag and a SHA-256 digest.
//
//	h, err := media.New(media.Config{Store: store, Auth: sessions})
//	mux.Handle("/media/", h)
//	go h.Run(ctx) // removes abandoned uploads
//
// Every request except a preflight has "Authorization: Bearer <credential>". An
// app sees only its own files: unknown, expired and unfinished files, and those of
// other apps, get the same 404. An unfinished upload belongs to the user who created
// it, in all their sessions.
//
// What the package promises:
//
//   - If a client was told an offset, the bytes before it are stored, also if the
//     gateway dies.
//   - If a request is interrupted, the bytes that have arrived are kept. A newer
//     request for the same upload ends an older one at once.
//   - A creation with "Upload-Metadata: nonce <base64 of 16 random bytes>" can be
//     repeated. The same user and nonce mean the same upload, and the answer has its
//     offset (409 if length or digest differ). DELETE with the same header removes the
//     upload without its key.
//   - If the content does not match "Repr-Digest: sha-256=:…:" of its creation, the
//     last byte is refused (460) and the upload is removed.
//   - Finished files do not change. Clients cannot delete them (403). The store
//     removes them when they expire.
//   - Downloads never wait for uploads. They hold pieces in memory, not files.
package media
