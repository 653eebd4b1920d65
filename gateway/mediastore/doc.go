// Package mediastore keeps the media of a gateway: it is the media.Store that gateways use.
//
// An unfinished upload consists of a small record, which all gateways share (Records), and the bytes
// that have arrived so far (a Part). A finished upload is only a file (Files), which also holds its own
// description. So nothing else grows with the number of files.
package mediastore
