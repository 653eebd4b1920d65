// Package version tells which release a program is of.
package version

import "runtime/debug"

// release is set by the linker for what `make release` builds:
// -ldflags "-X rtmwasm/version.release=v0.1.0".
var release string

// String returns the version of the program, such as "v0.1.0 go1.26.8": that of the release, else that of the
// module if `go install` has built it, else "(devel)"; and the version of Go.
func String() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown version)"
	}
	version := release
	if version == "" {
		version = info.Main.Version
	}
	if version == "" {
		version = "(devel)"
	}
	return version + " " + info.GoVersion
}
