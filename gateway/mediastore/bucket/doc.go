// Package bucket stores media in an S3 bucket. It implements mediastore.Files for gateways that share an
// object store.
//
// The keys of objects are, after the prefix in Options:
//
//	files/<hour>/<app>/<key>        a finished file; its description is in the object's metadata
//	files/<hour>/<app>/<key>.more   the part of the description that does not fit into the metadata
//	parts/<app>/<key>/<offset>-…    a piece of an unfinished upload that begins at that offset
//
// So the files of an hour can be listed and removed without looking at other files. A lifecycle rule of
// the bucket can also remove them.
//
// While a request adds to an upload, its bytes are in a spool file on the local disk. A small upload that
// arrives in one request costs one request to the object store.
package bucket
