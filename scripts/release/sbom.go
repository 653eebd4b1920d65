package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	spdxjson "github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx/v2/common"
	spdx "github.com/spdx/tools-golang/spdx/v2/v2_3"
	"github.com/spdx/tools-golang/spdxlib"
)

// bill is the list of the contents of a release (SBOM), in the format SPDX 2.3.
type bill struct {
	doc      *spdx.Document
	licenses map[string]string // by the name of a module, from THIRD_PARTY_LICENSES.txt
	known    map[common.ElementID]bool
}

// sbom writes the list. It reads the modules from the programs: the go command writes them there.
func (r release) sbom() error {
	shipped, err := table(filepath.Join(r.root, "THIRD_PARTY_LICENSES.txt"))
	if err != nil {
		return err
	}
	licenses := map[string]string{}
	for _, m := range shipped {
		licenses[m.name] = m.license
	}
	node, err := r.output("node", "--version")
	if err != nil {
		return err
	}
	b := bill{licenses: licenses, known: map[common.ElementID]bool{}, doc: &spdx.Document{
		SPDXVersion: spdx.Version, DataLicense: spdx.DataLicense, SPDXIdentifier: "DOCUMENT",
		DocumentName: "rtm-wasm-" + r.version, DocumentNamespace: "https://spdx.org/spdxdocs/rtm-wasm-" + r.version + "-" + r.commit,
		CreationInfo: &spdx.CreationInfo{Created: r.time.Format("2006-01-02T15:04:05Z"), Creators: []common.Creator{
			{CreatorType: "Tool", Creator: "rtmwasm/scripts/release"}, {CreatorType: "Tool", Creator: "node-" + strings.TrimSpace(node)},
		}},
	}}
	names, err := r.files()
	if err != nil {
		return err
	}
	for _, name := range names {
		sum, err := r.sum(name)
		if err != nil {
			return err
		}
		id := b.add("artifact-"+name, &spdx.Package{
			PackageName: name, PackageVersion: r.version, PackageFileName: name, PackageLicenseDeclared: "Apache-2.0", PrimaryPackagePurpose: "ARCHIVE",
			PackageChecksums: []common.Checksum{{Algorithm: common.SHA256, Value: sum}},
		})
		b.relate("DOCUMENT", "DESCRIBES", id)
		if err := r.contents(&b, id, name); err != nil {
			return err
		}
	}
	var text bytes.Buffer
	if err := spdxjson.Write(b.doc, &text, spdxjson.Indent(" ")); err != nil {
		return err
	}
	written, err := spdxjson.Read(bytes.NewReader(text.Bytes()))
	if err != nil {
		return err
	}
	if err := spdxlib.ValidateDocument(written); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.out, r.name("sbom.spdx.json")), text.Bytes(), 0o644)
}

// contents adds what one file of the release contains.
func (r release) contents(b *bill, id common.ElementID, name string) error {
	for _, t := range r.targets {
		archive := strings.HasPrefix(name, r.name(t.os+"-"+t.arch+"."))
		image := strings.HasSuffix(name, "-oci.tar") && t.os == "linux"
		for _, pkg := range commands {
			if !archive && !(image && pkg == commands[0]) {
				continue
			}
			info, err := buildinfo.ReadFile(r.program(t, pkg))
			if err != nil {
				return err
			}
			if err := b.goProgram(id, info); err != nil {
				return err
			}
			if pkg == commands[0] { // the gateway embeds the documentation
				if err := r.site(b, id); err != nil {
					return err
				}
			}
		}
	}
	if name == r.name("docs.tar.gz") {
		return r.site(b, id)
	}
	if name != r.name("npm.tgz") {
		return nil
	}
	sdk, err := table(filepath.Join(r.root, "bin/release-package/LICENSE-third-party.txt"))
	for _, m := range sdk {
		err = errors.Join(err, b.module(id, m.name, m.version))
	}
	return err
}

// site adds the npm packages that the documentation site contains.
func (r release) site(b *bill, of common.ElementID) error {
	text, err := os.ReadFile(filepath.Join(r.root, "docs-site/licenses.json"))
	if err != nil {
		return err
	}
	var packages []struct{ Name, Version string }
	if err := json.Unmarshal(text, &packages); err != nil {
		return err
	}
	for _, p := range packages {
		purl := "pkg:npm/" + strings.Replace(p.Name, "@", "%40", 1) + "@" + p.Version
		if err := b.library(of, "npm", p.Name, p.Version, purl); err != nil {
			return err
		}
	}
	return nil
}

func (b *bill) goProgram(of common.ElementID, info *debug.BuildInfo) error {
	if err := b.module(of, "Go", strings.TrimPrefix(info.GoVersion, "go")); err != nil {
		return err
	}
	for _, dep := range info.Deps {
		if dep.Replace != nil {
			dep = dep.Replace
		}
		if err := b.module(of, dep.Path, dep.Version); err != nil {
			return err
		}
	}
	return nil
}

// module adds a Go module.
func (b *bill) module(of common.ElementID, path, version string) error {
	purl := "pkg:golang/" + path + "@" + version
	if path == "Go" {
		purl = "pkg:golang/stdlib@" + version
	}
	return b.library(of, "go", path, version, purl)
}

// library adds a Go module or an npm package, unless it exists. It also adds that the file contains it.
func (b *bill) library(of common.ElementID, kind, name, version, purl string) error {
	license, ok := b.licenses[name]
	if !ok {
		return fmt.Errorf("THIRD_PARTY_LICENSES.txt does not have %s: run make docs", name)
	}
	id := b.add(kind+"-"+name+"-"+version, &spdx.Package{
		PackageName: name, PackageVersion: version, PackageLicenseDeclared: license, PrimaryPackagePurpose: "LIBRARY",
		PackageExternalReferences: []*spdx.PackageExternalReference{{Category: common.CategoryPackageManager, RefType: common.TypePackageManagerPURL, Locator: purl}},
	})
	b.relate(of, "CONTAINS", id)
	return nil
}

var notInID = regexp.MustCompile(`[^a-zA-Z0-9.-]+`)

func (b *bill) add(name string, p *spdx.Package) common.ElementID {
	id := common.ElementID(notInID.ReplaceAllString(name, "-"))
	if !b.known[id] {
		p.PackageSPDXIdentifier, p.PackageDownloadLocation = id, "NOASSERTION"
		p.PackageLicenseConcluded, p.PackageCopyrightText = "NOASSERTION", "NOASSERTION"
		b.known[id] = true
		b.doc.Packages = append(b.doc.Packages, p)
	}
	return id
}

// relate adds a relationship, unless it exists.
func (b *bill) relate(a common.ElementID, how string, to common.ElementID) {
	one := &spdx.Relationship{RefA: common.MakeDocElementID("", string(a)), RefB: common.MakeDocElementID("", string(to)), Relationship: how}
	if !slices.ContainsFunc(b.doc.Relationships, func(r *spdx.Relationship) bool { return *r == *one }) {
		b.doc.Relationships = append(b.doc.Relationships, one)
	}
}

// entry is a line of the table at the beginning of a file of licenses: "NAME VERSION: LICENSE".
type entry struct{ name, version, license string }

func table(file string) (entries []entry, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	lines, _, _ := strings.Cut(string(text), "\n\n")
	for line := range strings.Lines(lines) {
		module, license, _ := strings.Cut(strings.TrimSpace(line), ": ")
		name, version, _ := strings.Cut(module, " ")
		entries = append(entries, entry{name, version, license})
	}
	return entries, nil
}
