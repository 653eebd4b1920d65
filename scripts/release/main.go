// Command release makes the files of a release from one commit: programs for each platform, the npm package, the
// documentation, a container image, a list of their contents (SBOM) and their hashes. One commit gives the same bytes on
// each machine that has the same versions of Go and Node. `make release` runs it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// release is the release to make.
type release struct {
	root    string    // of the repository
	out     string    // where the files go
	version string    // of the tag, such as "0.1.0"; without a tag 0.0.0-TIME-COMMIT
	commit  string    // in full
	time    time.Time // of the commit; all files in archives get it
	targets []target
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("release: ")
	root := flag.String("root", "../..", "`folder` of the repository")
	out := flag.String("out", "bin/release", "`folder` for the files, below the root; its content is deleted first")
	platforms := flag.String("platforms", "", "`OS/ARCH` of the programs, separated by spaces")
	flag.Parse()
	if err := run(*root, *out, *platforms); err != nil {
		log.Fatal(err)
	}
}

func run(root, out, platforms string) error {
	r, err := describe(root)
	if err != nil {
		return err
	}
	if r.targets, err = parseTargets(platforms); err != nil {
		return err
	}
	r.out = filepath.Join(r.root, out)
	if err := os.RemoveAll(r.out); err != nil {
		return err
	}
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	for _, step := range []func() error{r.notes, r.web, r.docs, r.programs, r.npm, r.image, r.sbom, r.sums} {
		if err := step(); err != nil {
			return err
		}
	}
	fmt.Printf("%s: %s of commit %s\n", out, r.version, r.commit)
	return nil
}

// describe asks git for the commit. It fails if there are changes that are not committed, because nobody else could
// build the same release.
func describe(root string) (r release, err error) {
	if r.root, err = filepath.Abs(root); err != nil {
		return r, err
	}
	if changed, err := r.git("status", "--porcelain", "--untracked-files=no"); err != nil || changed != "" {
		return r, errors.Join(err, fmt.Errorf("a release is built of a commit, and these files are not committed:\n%s", changed))
	}
	shown, err := r.git("show", "--no-patch", "--format=%H %ct", "HEAD")
	if err != nil {
		return r, err
	}
	commit, seconds, _ := strings.Cut(shown, " ")
	unix, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return r, err
	}
	r.commit, r.time = commit, time.Unix(unix, 0).UTC()
	r.version = "0.0.0-" + r.time.Format("20060102150405") + "-" + commit[:12] // as Go names a commit without a tag
	if tag, err := r.git("describe", "--exact-match", "--tags", "--match", "v[0-9]*", "HEAD"); err == nil {
		r.version = strings.TrimPrefix(tag, "v")
	}
	return r, nil
}

func (r release) git(args ...string) (string, error) {
	out, err := r.output("git", args...)
	return strings.TrimSpace(out), err
}

// output runs a program in the root of the repository.
func (r release) output(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = r.root, environment()
	cmd.Stderr = os.Stderr
	if name == "git" {
		cmd.Stderr = nil // a commit without a tag is no error
	}
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return string(out), nil
}

// environment returns the environment of the process, without variables that would change the programs.
func environment(more ...string) []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "RTM_GOFLAGS=") })
	return append(append(env, "GOFLAGS=-buildvcs=false", "GOEXPERIMENT=", "GOWASM=", "GOAMD64=v1", "GOARM64=v8.0", "GOFIPS140=off", "GOWORK=off"), more...)
}

// notes writes the section of CHANGELOG.md for the version. It fails if a tag has no section.
func (r release) notes() error {
	text, err := os.ReadFile(filepath.Join(r.root, "CHANGELOG.md"))
	if err != nil {
		return err
	}
	_, section, found := strings.Cut(string(text), "\n## ["+r.version+"]")
	if !found {
		if strings.HasPrefix(r.version, "0.0.0-") {
			return nil
		}
		return fmt.Errorf("CHANGELOG.md has no section [%s]", r.version)
	}
	section, _, _ = strings.Cut(section, "\n## [")
	_, section, _ = strings.Cut(section, "\n")
	return os.WriteFile(filepath.Join(r.out, "CHANGES.md"), []byte(strings.TrimSpace(section)+"\n"), 0o644)
}

// web builds the SDK, which the gateway embeds.
func (r release) web() error {
	_, err := r.output("node", "web/build.mjs")
	return err
}

// npm packs the SDK.
func (r release) npm() error {
	_, err := r.output("node", "web/pack.mjs", r.version, filepath.Join(r.out, r.name("npm.tgz")))
	return err
}

// docs builds the documentation site, which the gateway embeds, and packs it.
func (r release) docs() error {
	if _, err := r.output("npm", "--prefix", "docs-site", "run", "--silent", "build"); err != nil {
		return err
	}
	files, err := folder(filepath.Join(r.root, "bin/docs-site"), r.name("docs"))
	if err != nil {
		return err
	}
	return r.tarball(r.name("docs.tar.gz"), files)
}

// name returns the name of a file of the release.
func (r release) name(rest string) string { return "rtm-wasm-" + r.version + "-" + rest }
