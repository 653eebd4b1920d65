// Package media serves the files that image and file messages point to, under
// /media/: uploads by the tus 1.0 protocol (creation, creation-with-upload,
// termination, expiration; any tus client can talk to it) and by the drafts of the
// IETF's resumable uploads, and downloads with ranges, a strong ETag and a SHA-256 digest.
//
//	h, err := media.New(media.Config{Store: store, Auth: sessions})
//	mux.Handle("/media/", h)
//	go h.Run(ctx) // sweeps uploads that nobody finishes
//
// Every request but a preflight carries "Authorization: Bearer <credential>". An
// app sees its own files only: what is unknown, expired, unfinished or another
// app's is the same 404. An unfinished upload belongs to the user who created it,
// in whichever session.
//
// What the package promises:
//
//   - An offset that was told to a client is stored: it survives the gateway.
//   - A request that dies in the middle keeps what had arrived. A newer request for
//     the same upload makes an older one let go of it at once.
//   - A creation that carries "Upload-Metadata: nonce <base64 of 16 random bytes>" can
//     be repeated: the same user and nonce name the same upload, whose offset the
//     answer tells (409 if the length or digest is another). DELETE with the same header removes it
//     without its key.
//   - Content that is not what "Repr-Digest: sha-256=:…:" of its creation announced is
//     refused (460) with its last byte, and removed.
//   - Finished files do not change. They cannot be deleted either (403); the store
//     drops them when they are old.
//   - Downloads never wait for uploads, and hold pieces in memory, not files.
package media
