package main

import (
	"fmt"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// commands are the packages of the programs. A program has the name of its folder.
var commands = []string{"./gateway/cmd/rtm-gateway", "./native/cmd/rtm-load"}

// beside are the files that each archive has besides the programs.
var beside = []string{"LICENSE", "THIRD_PARTY_LICENSES.txt", "README.md", "CHANGELOG.md"}

// service are the files for systemd in the archives for Linux.
var service = []string{"deploy/rtm-gateway.service", "deploy/gateway.conf"}

// target is a platform.
type target struct{ os, arch string }

func parseTargets(list string) (targets []target, err error) {
	for _, name := range strings.Fields(list) {
		system, arch, ok := strings.Cut(name, "/")
		if !ok {
			return nil, fmt.Errorf("%q is not a platform such as linux/amd64", name)
		}
		targets = append(targets, target{system, arch})
	}
	if len(targets) == 0 {
		return nil, fmt.Errorf("-platforms must name a platform such as linux/amd64")
	}
	return targets, nil
}

// program returns the path of a program.
func (r release) program(t target, pkg string) string {
	name := path.Base(pkg)
	if t.os == "windows" {
		name += ".exe"
	}
	return filepath.Join(r.root, "bin/programs", t.os+"-"+t.arch, name)
}

// programs builds the programs for each platform, and packs an archive for each platform.
func (r release) programs() error {
	for _, t := range r.targets {
		for _, pkg := range commands {
			if err := r.build(t, pkg); err != nil {
				return err
			}
			if err := checkHeader(r.program(t, pkg), t); err != nil {
				return err
			}
		}
		if err := r.pack(t); err != nil {
			return err
		}
	}
	return nil
}

// build compiles one program. The program depends neither on paths nor on user settings of this machine.
func (r release) build(t target, pkg string) error {
	stamp := "-s -w -buildid= -X rtmwasm/version.release=v" + r.version
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags="+stamp, "-o", r.program(t, pkg), pkg)
	cmd.Dir = r.root
	cmd.Env = environment("GOOS="+t.os, "GOARCH="+t.arch, "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s for %s/%s: %w\n%s", pkg, t.os, t.arch, err, out)
	}
	return nil
}

// pack makes the archive of one platform.
func (r release) pack(t target) error {
	name := r.name(t.os + "-" + t.arch)
	var files []file
	for _, pkg := range commands {
		program := r.program(t, pkg)
		files = append(files, file{name: name + "/" + filepath.Base(program), from: program, mode: 0o755})
	}
	texts := beside
	if t.os == "linux" {
		texts = slices.Concat(beside, service)
	}
	for _, text := range texts {
		files = append(files, file{name: name + "/" + filepath.Base(text), from: filepath.Join(r.root, text), mode: 0o644})
	}
	if t.os == "windows" {
		return r.zip(name+".zip", files)
	}
	return r.tarball(name+".tar.gz", files)
}
