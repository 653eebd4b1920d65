// Package bucket keeps media in an S3 bucket: it is mediastore.Files for gateways that share
// an object store.
//
// Below the prefix that Options name there are
//
//	files/<hour>/<app>/<key>        a finished file, all that is to be known of it in its metadata
//	files/<hour>/<app>/<key>.more   what does not fit into the metadata of a large file
//	parts/<app>/<key>/<offset>-…    what has arrived of an unfinished upload from that offset on
//
// so that files of an hour can be listed, and removed, without a look at the others, and a
// lifecycle rule of the bucket can do the same alone.
//
// While a request adds to an upload its bytes are in a spool file on the local disk. A small
// upload that arrives in one request costs the object store one request.
package bucket
