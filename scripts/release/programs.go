package main

import (
	"fmt"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// commands are the packages of the programs, which are named like their folders.
var commands = []string{"./gateway/cmd/rtm-gateway", "./native/cmd/rtm-load"}

// beside is what an archive has beside the programs.
var beside = []string{"LICENSE", "THIRD_PARTY_LICENSES.txt", "README.md", "CHANGELOG.md"}

// service is what an archive for Linux has for systemd.
var service = []string{"deploy/rtm-gateway.service", "deploy/gateway.conf"}

// target is a platform.
type target struct{ os, arch string }

func parseTargets(list string) (targets []target, err error) {
	for _, name := range strings.Fields(list) {
		system, arch, ok := strings.Cut(name, "/")
		if !ok {
			return nil, fmt.Errorf("%q is no platform such as linux/amd64", name)
		}
		targets = append(targets, target{system, arch})
	}
	if len(targets) == 0 {
		return nil, fmt.Errorf("no platform is named")
	}
	return targets, nil
}

// program is where a program is built.
func (r release) program(t target, pkg string) string {
	name := path.Base(pkg)
	if t.os == "windows" {
		name += ".exe"
	}
	return filepath.Join(r.root, "bin/programs", t.os+"-"+t.arch, name)
}

// programs builds them for each platform, and packs each platform's.
func (r release) programs() error {
	for _, t := range r.targets {
		for _, pkg := range commands {
			if err := r.build(t, pkg); err != nil {
				return err
			}
		}
		if err := r.pack(t); err != nil {
			return err
		}
	}
	return nil
}

// build compiles one program, so that nothing of this machine is in it: neither paths nor settings of its user.
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
