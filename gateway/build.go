package gateway

import (
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"strings"
)

// build is what a folder's integrity.json says: the build's name, the program's, and the hash of each of
// its files as integrity attributes have it. Below its name the files of a build never
// change: /sdk/16343d6458cabdc0/rtm.js is also what /sdk/rtm.js is until the next build.
type build map[string]string

// readBuild reads integrity.json; without one nothing is known of a build.
func readBuild(files fs.FS) build {
	var b build
	content, err := fs.ReadFile(files, "integrity.json")
	if err != nil || json.Unmarshal(content, &b) != nil {
		return nil
	}
	return b
}

// cut takes the build's name off a file's name. The wasm is also below the name of its program, so that
// an application with a copy of the script finds it as long as the program stays the same.
func (b build) cut(name string) (rest string, ok bool) {
	folder, rest, ok := strings.Cut(name, "/")
	return rest, ok && folder != "" && (folder == b["build"] || folder == b["program"] && rest == "rtm.wasm")
}

// has reports whether a file of the build has this content.
func (b build) has(name string, v version) bool {
	return b[name] == "sha384-"+base64.StdEncoding.EncodeToString(v.sha384[:])
}
