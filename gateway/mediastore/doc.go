// Package mediastore keeps the media of a gateway: it is the media.Store that gateways use.
//
// An unfinished upload is a small record, which all gateways share (Records), and the bytes that
// have arrived (a Part). A finished one is a file alone (Files), which tells all that is to be known
// of it: nothing else grows with the number of files.
package mediastore
